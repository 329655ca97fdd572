/** Hands a file that was fetched to the browser, as a download of this name. */
export function saveBlob(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then; the file in memory is not needed any more.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
