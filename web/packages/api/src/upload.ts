/** Attachment upload. `fetch` cannot report upload progress, so this one route uses XMLHttpRequest. */
import { ApiError, csrfHeaders, problemFrom } from "./client";
import type { Attachment } from "./types";

export interface Upload {
  done: Promise<Attachment>;
  cancel: () => void;
}

export function uploadAttachment(file: File, onProgress: (fraction: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Attachment>((resolve, reject) => {
    request.open("POST", "/api/v1/attachments");
    request.responseType = "json";
    for (const [name, value] of Object.entries(csrfHeaders)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Attachment);
      else reject(new ApiError(problemFrom(request.status, request.response)));
    };
    request.onerror = () =>
      reject(new ApiError({ title: "The file did not arrive.", status: 0, code: "network" }));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}
