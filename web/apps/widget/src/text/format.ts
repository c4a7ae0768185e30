// Times and sizes in the visitor's language.

export interface Format {
  time(date: Date): string;
  /** Heading of a day: today, yesterday, a weekday and date. */
  day(date: Date, now: Date): string;
  size(bytes: number): string;
  /** "in 20 seconds", "in 3 minutes". */
  wait(seconds: number): string;
  percent(fraction: number): string;
}

export function createFormat(locale: string): Format {
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const counted = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const capital = (text: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  return {
    time: (date) => time.format(date),
    day(date, now) {
      const days = daysBetween(date, now);
      if (days === 0 || days === 1) {
        return capital(relative.format(-days, "day"));
      }
      return new Intl.DateTimeFormat(locale, {
        weekday: "short",
        day: "numeric",
        month: "short",
        ...(date.getFullYear() !== now.getFullYear() && { year: "numeric" }),
      }).format(date);
    },
    size(bytes) {
      const [value, unit] =
        bytes < 1_000_000
          ? [Math.max(1, bytes / 1_000), "kilobyte"]
          : [bytes / 1_000_000, "megabyte"];
      return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: unit as string,
        maximumFractionDigits: (value as number) < 10 ? 1 : 0,
      }).format(value as number);
    },
    wait: (seconds) =>
      seconds < 90
        ? counted.format(Math.ceil(seconds), "second")
        : counted.format(Math.ceil(seconds / 60), "minute"),
    percent: (fraction) => percent.format(fraction),
  };
}

/** Whole calendar days in the visitor's own time zone. */
export function daysBetween(earlier: Date, later: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}
