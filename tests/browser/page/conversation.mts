/** Standard input and output of a guest that answers line by line, within one call of its `run`. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Stdio {
  stdin: { blockingRead(length: bigint): Uint8Array };
  stdout: { write(bytes: Uint8Array): void };
}

/** @param lines yields the lines for the guest to read, and gets its answers */
export function converse(lines: Generator<string, void, string>): Stdio {
  let answer = '';
  let unread = new Uint8Array(0);
  return {
    stdin: {
      blockingRead(length) {
        if (unread.length === 0) {
          const { value, done } = lines.next(answer.trimEnd());
          // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
          if (done) throw { tag: 'closed' };
          answer = '';
          unread = encoder.encode(`${value}\n`);
        }
        const part = unread.subarray(0, Number(length));
        unread = unread.subarray(part.length);
        return part;
      },
    },
    stdout: { write: (bytes) => void (answer += decoder.decode(bytes)) },
  };
}
