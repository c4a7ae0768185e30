/** The steps of a mailbox's test come one after the other: the account, then receiving, then sending. */

export type Direction = "receiving" | "sending" | null;

/** A step that names its direction itself has `null`, as has the account's. */
export function directionsOf(checks: readonly { name: string }[]): Direction[] {
  const first = checks[1]?.name;
  const second = checks.findIndex(
    ({ name }, index) =>
      index > 1 && (first === "inbound" || name === first || name === "outbound"),
  );
  const sending = second < 0 ? checks.length : second;
  return checks.map(({ name }, index) => {
    if (index === 0 || name === "inbound" || name === "outbound") return null;
    return index < sending ? "receiving" : "sending";
  });
}
