/** The address within this site, path first; null where it leads anywhere else, by whatever trick of writing. */
export function ownAddress(address: string): string | null {
  if (!address.startsWith("/")) return null;
  try {
    const url = new URL(address, location.origin);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}
