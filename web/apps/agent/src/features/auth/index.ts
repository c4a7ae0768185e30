export { AuthPage } from "./auth-page";
export { LogInForm } from "./log-in-form";
export { isLongEnough, shortestPassword } from "./new-password";
export { useFirstError } from "./use-first-error";
