/** Plain text as paragraphs. The text is never read as markup. */
export const asHtml = (text: string) =>
  text
    .split("\n")
    .map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph.outerHTML;
    })
    .join("");
