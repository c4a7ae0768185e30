import { describe, expect, it, vi } from "vitest";
import { toError } from "../src/api/client";
import { Bridge, readOrigin } from "../src/host/bridge";
import { createLanguage, loadLanguage } from "../src/i18n";
import english from "../src/i18n/en";
import { retryDelay } from "../src/model/backoff";
import { Typing } from "../src/model/typing";
import { createFormat, daysBetween } from "../src/text/format";
import { looksLikeEmail } from "../src/ui/Field";

describe("pauses between attempts", () => {
  it("grow to thirty seconds and never vanish", () => {
    expect(retryDelay(0, 1)).toBe(500);
    expect(retryDelay(3, 1)).toBe(4_000);
    expect(retryDelay(50, 1)).toBe(30_000);
    expect(retryDelay(50, 0)).toBeGreaterThan(0);
  });
});

describe("typing", () => {
  it("is told at once, every four seconds, and when the field is empty again", () => {
    let now = 0;
    const sent: boolean[] = [];
    const typing = new Typing(
      (active) => sent.push(active),
      () => now,
    );
    typing.changed("h");
    now = 3_999;
    typing.changed("he");
    now = 4_000;
    typing.changed("hel");
    typing.changed("  ");
    typing.changed("");
    expect(sent).toEqual([true, true, false]);
  });

  it("needs no end when the message itself arrives", () => {
    const sent: boolean[] = [];
    const typing = new Typing((active) => sent.push(active));
    typing.changed("hi");
    typing.sent();
    typing.stop();
    expect(sent).toEqual([true]);
  });
});

describe("server errors", () => {
  it("carry the code, the fields and the seconds to wait", () => {
    const error = toError(422, null, {
      code: "validation_failed",
      errors: [{ field: "a", message: "b" }],
    });
    expect(error).toMatchObject({ code: "validation_failed", status: 422, temporary: false });
    expect(error.fields).toEqual([{ field: "a", message: "b" }]);
    expect(toError(429, "20", undefined)).toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: 20,
    });
    expect(toError(502, "soon", "<html>")).toMatchObject({ code: "failed", temporary: true });
    expect(toError(502, "soon", "<html>").retryAfterSeconds).toBeUndefined();
  });
});

describe("the host page", () => {
  it("is named by a bare origin", () => {
    expect(readOrigin("https://shop.example")).toBe("https://shop.example");
    expect(readOrigin("http://127.0.0.1:4701")).toBe("http://127.0.0.1:4701");
    for (const value of [
      null,
      "",
      "*",
      "null",
      "shop.example",
      "https://shop.example/",
      "https://shop.example/path",
      "javascript:alert(1)",
      "https://user@shop.example",
    ]) {
      expect(readOrigin(value), String(value)).toBeNull();
    }
  });

  it("is believed only as the parent window, with the checked origin and a whole state", () => {
    const target = { postMessage: vi.fn() };
    const bridge = new Bridge("https://shop.example", target);
    const heard = vi.fn();
    bridge.listen(heard);
    const state = {
      rapport: 1,
      open: true,
      resets: 0,
      token: null,
      identity: null,
      page: { url: "", title: "", referrer: "" },
      theme: "light",
      locale: "en",
    };
    const arrive = (data: unknown, origin: string, source: unknown) => {
      const event = new MessageEvent("message", { data, origin });
      Object.defineProperty(event, "source", { value: source });
      dispatchEvent(event);
    };
    arrive(state, "https://evil.example", target);
    arrive(state, "https://shop.example", { postMessage: vi.fn() });
    arrive({ ...state, resets: "1" }, "https://shop.example", target);
    arrive(null, "https://shop.example", target);
    expect(heard).not.toHaveBeenCalled();
    arrive(state, "https://shop.example", target);
    expect(heard).toHaveBeenCalledOnce();
    bridge.tell({ close: true });
    expect(target.postMessage).toHaveBeenCalledWith(
      { rapport: 1, close: true },
      "https://shop.example",
    );
  });
});

describe("languages", () => {
  it.each(["de", "es", "fr", "ar"])("%s fills every word and every hole", async (locale) => {
    const language = await loadLanguage(locale);
    expect(language.language).toBe(locale);
    for (const [key, text] of Object.entries(english)) {
      const holes = (text.match(/\{\w+\}/g) ?? []).sort();
      const translated = language.word(key as keyof typeof english);
      if (!key.startsWith("unread_")) {
        expect((translated.match(/\{\w+\}/g) ?? []).sort(), key).toEqual(holes);
      }
    }
  });

  it("falls back to English for a language that is not here or not a language", async () => {
    for (const wanted of ["tlh", "", "e", "../../x", "en-GB"]) {
      expect((await loadLanguage(wanted)).word("send")).toBe("Send");
    }
  });

  it("chooses the plural form by the rules of the language", async () => {
    expect(createLanguage("en").plural("unread", 1)).toBe("1 new message");
    expect(createLanguage("en").plural("unread", 2)).toBe("2 new messages");
    const arabic = await loadLanguage("ar");
    expect(arabic.direction).toBe("rtl");
    expect(arabic.plural("unread", 2)).toBe("رسالتان جديدتان");
  });
});

describe("formats", () => {
  it("name near days and count calendar days, not hours", () => {
    const format = createFormat("en");
    const now = new Date(2026, 10, 19, 0, 5);
    expect(format.day(new Date(2026, 10, 18, 23, 55), now)).toBe("Yesterday");
    expect(format.day(now, now)).toBe("Today");
    expect(format.day(new Date(2025, 0, 2), now)).toContain("2025");
    expect(daysBetween(new Date(2026, 2, 28, 12), new Date(2026, 2, 30, 1))).toBe(2);
  });

  it("say sizes and waiting times in words", () => {
    const format = createFormat("en");
    expect(format.size(231_000)).toBe("231 kB");
    expect(format.size(5_000_000)).toBe("5 MB");
    expect(format.wait(20)).toBe("in 20 seconds");
    expect(format.wait(200)).toBe("in 4 minutes");
  });
});

describe("mail addresses", () => {
  it("are checked for slips only", () => {
    expect(looksLikeEmail(" ana@example.com ")).toBe(true);
    expect(looksLikeEmail("o'brien+x@mail.example.co")).toBe(true);
    for (const value of ["", "ana", "ana@", "ana@example", "a b@example.com", "a@b@c.de"]) {
      expect(looksLikeEmail(value), value).toBe(false);
    }
  });
});
