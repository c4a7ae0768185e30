/** Times, numbers and sizes in the reader's own format. */
import { t } from "./index";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const longDayYear = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** Short and relative, for rows: "2m", "5h", "Tue", "12 Nov". */
export function shortTime(iso: string, now: number): string {
  const then = Date.parse(iso);
  const age = now - then;
  if (age < minute) return t("time.now");
  if (age < hour) return t("time.minutes", { count: Math.floor(age / minute) });
  if (age < day) return t("time.hours", { count: Math.floor(age / hour) });
  if (age < 6 * day) return weekday.format(then);
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return sameYear ? dayMonth.format(then) : dayMonthYear.format(then);
}

/** In words, for assistive technology and sentences: "2 minutes ago". */
export function agoTime(iso: string, now: number): string {
  const age = Math.max(0, now - Date.parse(iso));
  if (age < minute) return t("time.just_now");
  if (age < hour) return t("time.minutes_ago", { count: Math.floor(age / minute) });
  if (age < day) return t("time.hours_ago", { count: Math.floor(age / hour) });
  return dayMonthYear.format(Date.parse(iso));
}

export const timeOfDay = (iso: string) => clockTime.format(Date.parse(iso));
export const fullTime = (iso: string) => full.format(Date.parse(iso));
export const mediumTime = (iso: string) => medium.format(Date.parse(iso));
export const dateOnly = (iso: string) => dayMonthYear.format(Date.parse(iso));

export function dayName(iso: string, now: number): string {
  const then = new Date(iso);
  const today = new Date(now);
  const yesterday = new Date(now - day);
  if (then.toDateString() === today.toDateString()) return t("time.today");
  if (then.toDateString() === yesterday.toDateString()) return t("time.yesterday");
  return then.getFullYear() === today.getFullYear()
    ? longDay.format(then)
    : longDayYear.format(then);
}

const units = ["B", "KB", "MB", "GB"];
export function fileSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${units[unit]}`;
}

export const count = (value: number) => new Intl.NumberFormat().format(value);
export const capped = (value: number) => (value > 999 ? "999+" : String(value));
