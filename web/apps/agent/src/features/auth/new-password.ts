/** The server decides; this only tells early what it will say. */
import "@/i18n/auth";

export const shortestPassword = 10;
export const isLongEnough = (password: string) => password.length >= shortestPassword;
