/** Zod without its generated code, which the content security policy forbids. */
import { z } from "zod";

z.config({ jitless: true });

export { z };
