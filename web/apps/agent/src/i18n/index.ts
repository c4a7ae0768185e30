/** Translations. All words on the screen come from the language files. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";

void i18next.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: en } },
  interpolation: { escapeValue: false },
  returnNull: false,
});

export const t = i18next.t.bind(i18next);

/** Screens that are fetched later bring their own words along. */
export function addWords(words: object) {
  i18next.addResourceBundle("en", "translation", words, true, true);
}
