import { expect, test } from "vitest";
import { storedName } from "./stored-name";

test("a question gives its answer a name of small letters, digits and underscores", () => {
  expect(storedName("How many nights?")).toBe("how_many_nights");
  expect(storedName("  Größe & Gewicht (kg) ")).toBe("gro_e_gewicht_kg");
  expect(storedName("Prénom")).toBe("prenom");
  expect(storedName("注文番号")).toBe("");
  expect(storedName("x".repeat(100))).toHaveLength(40);
});
