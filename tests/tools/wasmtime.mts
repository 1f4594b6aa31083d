/** The command for wasmtime of a system: what `make wasmtime` builds, or `make windows`. */
export const wasmtimeOf = (os: string, arch: string): string =>
  os === 'win32' ? `build/wasmtime/windows-${arch}/wasi-mmap.exe` : 'build/wasmtime/wasi-mmap';

export const WASMTIME = wasmtimeOf(process.platform, process.arch);
