/** What every guest engine has, of the types that TypeScript declares for browsers and Node only. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare const console: {
  log(text: string): void;
};
