import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

// Our type scale shares the `text-` prefix with colours, so the merger must be told which are sizes.
const merge = extendTailwindMerge({
  extend: {
    classGroups: {
      "font-size": [
        {
          text: ["display", "title", "heading", "body", "reading", "small", "micro"],
        },
      ],
    },
  },
});

/** Joins class names; a later one wins over an earlier one for the same property. */
export function cx(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
