/** The words of logging in, setting up and accepting an invitation, fetched together with those screens. */
import { addWords } from ".";
import words from "./en.auth.json";

addWords(words);
