/** The name under which the answer to a question is kept, made of the question's own words. */
const longest = 40;

export const storedName = (question: string): string =>
  question
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .slice(0, longest)
    .replace(/^_+|_+$/g, "");
