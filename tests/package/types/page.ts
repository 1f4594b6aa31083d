// Bytes become code: TypeScript declares WebAssembly for pages only.
import { mmap } from 'wasi-mmap';

const map = mmap('code.wasm', 0, 'read');
export const modules = [
  WebAssembly.compile(map.slice()),
  WebAssembly.compile(map.view()),
  new WebAssembly.Module(map.read()),
];
export const socket = (to: WebSocket): void => to.send(map.view());
