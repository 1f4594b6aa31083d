/** Prints rows under a header, with aligned columns. */
export function table(header: string[], rows: string[][]): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  for (const cells of [header, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(`  ${line(cells)}`);
}
