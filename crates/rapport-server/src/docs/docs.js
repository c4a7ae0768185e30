// Shows the description of the API and lets one try its operations with the session of this browser.
// Everything is built as nodes, never as HTML text, so that nothing in an answer can run.

const VERBS = ["get", "post", "put", "patch", "delete"];
const MAX_SHOWN = 200_000;

function node(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function paragraphs(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => node("p", { class: "muted" }, part.replaceAll("`", "")));
}

function resolve(document_, schema) {
  let found = schema;
  for (let depth = 0; found?.$ref && depth < 10; depth += 1) {
    found = document_.components.schemas[found.$ref.split("/").pop()];
  }
  return found ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").pop();

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (variants) return variants.map(typeOf).join(schema.allOf ? " & " : " | ");
  const types = [schema.type].flat().filter(Boolean);
  return types.map((type) => (type === "array" ? `${typeOf(schema.items) || "any"}[]` : type)).join(" | ") || "any";
}

function fieldsOf(document_, schema) {
  const whole = resolve(document_, schema);
  const parts = whole.allOf ? whole.allOf.map((part) => resolve(document_, part)) : [whole];
  return parts.flatMap((part) =>
    Object.entries(part.properties ?? {}).map(([name, field]) => ({
      name,
      field,
      required: (part.required ?? []).includes(name),
    })),
  );
}

/** What can be null says its meaning inside the choice. */
function meaningOf(document_, field) {
  const described = [field, ...(field.oneOf ?? []), resolve(document_, field)].find(({ description }) => description);
  return (described?.description ?? "").replaceAll("`", "");
}

function schemaTable(document_, schema) {
  const rows = fieldsOf(document_, schema);
  if (rows.length === 0) return node("p", { class: "muted" }, typeOf(resolve(document_, schema)));
  return node(
    "table",
    {},
    node("thead", {}, node("tr", {}, ...["Field", "Type", "Meaning"].map((title) => node("th", { scope: "col" }, title)))),
    node(
      "tbody",
      {},
      ...rows.map(({ name, field, required }) =>
        node(
          "tr",
          {},
          node("td", {}, node("code", {}, name), required ? "" : " (optional)"),
          node("td", {}, node("code", {}, typeOf(field))),
          node("td", {}, meaningOf(document_, field)),
        ),
      ),
    ),
  );
}

function exampleOf(document_, schema) {
  const { example } = resolve(document_, schema);
  return example ? node("pre", { tabindex: "0" }, JSON.stringify(example, null, 2)) : "";
}

function contentOf(part) {
  return Object.entries(part?.content ?? {})[0];
}

function parameterTable(document_, parameters) {
  return node(
    "table",
    {},
    node("tbody", {}, ...parameters.map((parameter) =>
      node(
        "tr",
        {},
        node("td", {}, node("code", {}, parameter.name), ` in ${parameter.in}`, parameter.required ? "" : " (optional)"),
        node("td", {}, node("code", {}, typeOf(parameter.schema))),
        node("td", {}, parameter.description?.replaceAll("`", "") ?? resolve(document_, parameter.schema).pattern ?? ""),
      ),
    )),
  );
}

function answers(document_, operation) {
  const good = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
  const bad = Object.keys(operation.responses).filter((status) => !status.startsWith("2"));
  return [
    node("h4", {}, "Answers"),
    ...good.map(([status, answer]) => {
      const [, content] = contentOf(answer) ?? [];
      return node(
        "details",
        {},
        node("summary", {}, `${status} ${content ? typeOf(content.schema) : answer.description || "without a body"}`),
        content ? schemaTable(document_, content.schema) : "",
        content ? exampleOf(document_, content.schema) : "",
      );
    }),
    node("p", { class: "muted" }, `Refusals: ${bad.join(", ")}, as Problem.`),
  ];
}

function tryIt(document_, verb, path, operation, parameters) {
  const inputs = parameters.map((parameter) => {
    const input = node("input", { autocomplete: "off", spellcheck: "false" });
    return { parameter, input, label: node("label", {}, parameter.name, input) };
  });
  const content = contentOf(operation.requestBody);
  const schema = content && resolve(document_, content[1].schema);
  const isJson = content?.[0] === "application/json";
  const body = isJson ? node("textarea", { spellcheck: "false", "aria-label": "Body" }) : null;
  if (body) body.value = JSON.stringify(schema?.example ?? {}, null, 2);
  const output = node("pre", { tabindex: "0", "aria-live": "polite" });
  const form = node("form", { class: "try" }, ...inputs.map(({ label }) => label), body, node("button", {}, "Send"), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.textContent = "…";
    const query = new URLSearchParams();
    const headers = { "X-Rapport-Csrf": "1" };
    let target = path;
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value && parameter.in === "header") headers[parameter.name] = input.value;
      else if (input.value) query.append(parameter.name, input.value);
    }
    const address = query.size > 0 ? `${target}?${query}` : target;
    if (body) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(address, { method: verb.toUpperCase(), headers, body: body?.value });
      const text = (await response.text()).slice(0, MAX_SHOWN);
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // Not everything is JSON; it is shown as it came.
      }
      output.textContent = `${response.status} ${response.statusText}\n${shown}`;
    } catch (error) {
      output.textContent = String(error);
    }
  });
  return node("details", {}, node("summary", {}, "Try it"), form);
}

function article(document_, { verb, path, operation }) {
  const parameters = operation.parameters ?? [];
  const content = contentOf(operation.requestBody);
  const streams = Object.values(operation.responses).some((answer) => answer.content?.["text/event-stream"]);
  return node(
    "article",
    { id: operation.operationId },
    node("h3", {}, operation.summary ?? operation.operationId),
    node("p", { class: "route" }, node("code", {}, node("span", { class: `verb ${verb}` }, verb.toUpperCase()), ` ${path}`)),
    ...paragraphs(operation.description),
    ...(parameters.length > 0 ? [node("h4", {}, "Parameters"), parameterTable(document_, parameters)] : []),
    ...(content
      ? [node("h4", {}, `Body (${content[0]})`), schemaTable(document_, content[1].schema)]
      : []),
    ...answers(document_, operation),
    streams ? "" : tryIt(document_, verb, path, operation, parameters),
  );
}

function operationsOf(document_) {
  return Object.entries(document_.paths).flatMap(([path, item]) =>
    VERBS.filter((verb) => item[verb]).map((verb) => ({ verb, path, operation: item[verb] })),
  );
}

function show(document_) {
  const operations = operationsOf(document_);
  const main = document.getElementById("main");
  const index = document.getElementById("index");
  main.replaceChildren(node("h1", {}, document_.info.title), ...paragraphs(document_.info.description));
  for (const tag of document_.tags) {
    const members = operations.filter(({ operation }) => operation.tags?.includes(tag.name));
    if (members.length === 0) continue;
    main.append(node("h2", {}, tag.name), ...paragraphs(tag.description));
    const links = members.map(({ path, verb, operation }) => {
      const link = node("a", { href: `#${operation.operationId}` }, operation.summary ?? operation.operationId);
      link.dataset.words = `${operation.summary} ${verb} ${path} ${tag.name}`.toLowerCase();
      return link;
    });
    index.append(node("section", {}, node("h2", {}, tag.name), ...links));
    main.append(...members.map((member) => article(document_, member)));
  }
  main.append(
    node("h2", {}, "Schemas"),
    ...Object.entries(document_.components.schemas).map(([name, schema]) =>
      node("details", { id: `schema-${name}` }, node("summary", {}, name), ...paragraphs(schema.description), schemaTable(document_, schema)),
    ),
  );
  document.getElementById("find").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const section of index.children) {
      let visible = 0;
      for (const link of section.querySelectorAll("a")) {
        link.hidden = !words.every((word) => link.dataset.words.includes(word));
        visible += link.hidden ? 0 : 1;
      }
      section.hidden = visible === 0;
    }
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  const response = await fetch("/api/v1/openapi.json");
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  show(await response.json());
} catch (error) {
  document.getElementById("state").textContent = `The description could not be loaded. ${error}`;
}
