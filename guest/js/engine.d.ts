/** Globals of every guest engine, which TypeScript declares for browsers and Node only. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare const console: {
  log(text: string): void;
};
