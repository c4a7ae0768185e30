// Picks the language and fills in the words. English is always there; the others load on demand.
import english, { type Words } from "./en";

const others: Record<string, () => Promise<{ default: Words }>> = {
  ar: () => import("./ar"),
  de: () => import("./de"),
  es: () => import("./es"),
  fr: () => import("./fr"),
};
const rightToLeft = ["ar"];

export interface Language {
  /** For dates and numbers: the region as asked for, in a language that is here. */
  locale: string;
  language: string;
  direction: "ltr" | "rtl";
  word(key: keyof Words, values?: Record<string, string | number>): string;
  plural(key: "unread", count: number): string;
}

export async function loadLanguage(wanted: string): Promise<Language> {
  const language = wanted.slice(0, 2).toLowerCase();
  try {
    const words = await others[language]?.();
    return createLanguage(
      words ? validLocale(wanted, language) : englishLocale(wanted),
      words?.default,
    );
  } catch {
    return createLanguage("en");
  }
}

export function createLanguage(locale: string, words: Words = english): Language {
  const language = locale.slice(0, 2);
  const plurals = new Intl.PluralRules(locale);
  const word: Language["word"] = (key, values = {}) =>
    (words[key] ?? english[key as keyof typeof english]).replace(/\{(\w+)\}/g, (hole, name) =>
      String(values[name] ?? hole),
    );
  return {
    locale,
    language,
    direction: rightToLeft.includes(language) ? "rtl" : "ltr",
    word,
    plural(key, count) {
      const form = `${key}_${plurals.select(count)}` as keyof Words;
      const numbers = new Intl.NumberFormat(locale);
      return word(words[form] ? form : `${key}_other`, { count: numbers.format(count) });
    },
  };
}

const englishLocale = (wanted: string) =>
  /^en\b/i.test(wanted) ? validLocale(wanted, "en") : "en";

function validLocale(wanted: string, fallback: string): string {
  try {
    return Intl.getCanonicalLocales(wanted)[0] ?? fallback;
  } catch {
    return fallback;
  }
}
