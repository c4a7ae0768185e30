import { afterEach, expect, it, vi } from "vitest";
import { whenReachable } from "./lazy";

afterEach(() => vi.restoreAllMocks());
const network = (online: boolean) => vi.spyOn(navigator, "onLine", "get").mockReturnValue(online);

it("fetches a part again when the network has come back", async () => {
  network(false);
  const load = vi.fn().mockRejectedValueOnce(new TypeError("offline")).mockResolvedValue("part");
  const part = whenReachable<string>(load);
  await Promise.resolve();
  await Promise.resolve();
  expect(load).toHaveBeenCalledTimes(1);
  network(true);
  window.dispatchEvent(new Event("online"));
  await expect(part).resolves.toBe("part");
  expect(load).toHaveBeenCalledTimes(2);
});

it("does not hide that a part is gone while the network is there", async () => {
  network(true);
  const load = vi.fn().mockRejectedValue(new TypeError("not found"));
  await expect(whenReachable(load)).rejects.toThrow("not found");
  expect(load).toHaveBeenCalledTimes(1);
});
