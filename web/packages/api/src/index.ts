export { ApiError, csrfHeaders, onUnauthenticated } from "./client";
export { api, rawMessageUrl } from "./endpoints";
export * from "./events";
export * from "./types";
export { type Upload, uploadAttachment } from "./upload";
