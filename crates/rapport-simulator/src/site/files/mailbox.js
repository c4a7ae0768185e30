// One customer's mailbox: the list, the mail that is open, and the form to write.
const byId = (id) => document.getElementById(id);
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const longDate = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

function size(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1_000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export class Mailbox {
  #site;
  #tell;
  #person;
  #revision;
  #newestSeen = 0;
  #openId = 0;

  constructor(site, tell) {
    this.#site = site;
    this.#tell = tell;
    byId("write").addEventListener("click", () => this.#compose(null));
    byId("discard").addEventListener("click", () => this.#show("nothing-open"));
    byId("back").addEventListener("click", () => this.#show("nothing-open"));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
  }

  open(person) {
    this.#person = person;
    this.#revision = undefined;
    this.#newestSeen = Number.MAX_SAFE_INTEGER;
    this.#show("nothing-open");
    byId("mails").replaceChildren();
    void this.refresh();
  }

  async refresh() {
    const person = this.#person;
    const query = this.#revision === undefined ? "" : `?revision=${this.#revision}`;
    const answer = await fetch(this.#path(query));
    if (answer.status === 204 || person !== this.#person) {
      return;
    }
    const { revision, mails } = await answer.json();
    this.#revision = revision;
    const newest = Math.max(0, ...mails.map((mail) => mail.id));
    const arrived = mails.filter((mail) => !mail.sent && mail.id > this.#newestSeen);
    byId("mails").replaceChildren(...mails.map((mail) => this.#row(mail, arrived.includes(mail))));
    byId("no-mails").hidden = mails.length > 0;
    if (arrived.length > 0) {
      this.#tell(`New mail from ${arrived[0].with}: ${arrived[0].subject}`);
    }
    this.#newestSeen = newest;
  }

  #path(rest) {
    return `/demo/api/mailboxes/${encodeURIComponent(this.#person.address)}${rest}`;
  }

  #row(mail, fresh) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = mail.id;
    button.ariaCurrent = String(mail.id === this.#openId);
    const line = document.createElement("span");
    line.className = "line";
    const who = document.createElement("span");
    who.textContent = mail.sent ? `To ${mail.with}` : mail.with;
    const when = document.createElement("time");
    when.dateTime = mail.at;
    when.textContent = shortDate.format(new Date(mail.at));
    line.append(who, when);
    const subject = document.createElement("span");
    subject.className = "subject";
    subject.textContent = mail.subject || "(no subject)";
    const preview = document.createElement("small");
    const files = mail.files === 1 ? "1 file · " : `${mail.files} files · `;
    preview.textContent = (mail.files ? files : "") + mail.preview;
    button.append(line, subject, preview);
    button.addEventListener("click", () => void this.#read(mail.id));
    const item = document.createElement("li");
    item.classList.toggle("fresh", fresh);
    item.append(button);
    return item;
  }

  async #read(id) {
    if (this.#hasUnsent() && !window.confirm("Discard what you have written?")) {
      return;
    }
    const answer = await fetch(this.#path(`/${id}`));
    if (!answer.ok) {
      this.#tell("This mail is gone.");
      return;
    }
    const mail = await answer.json();
    this.#openId = id;
    byId("mail-subject").textContent = mail.subject || "(no subject)";
    byId("mail-from").textContent = mail.from;
    byId("mail-to").textContent = [...mail.to, ...mail.cc].join(", ");
    byId("mail-date").textContent = longDate.format(new Date(mail.at));
    byId("mail-body").src = this.#path(`/${id}/body`);
    byId("mail-raw").href = this.#path(`/${id}/raw`);
    byId("mail-files").replaceChildren(...mail.attachments.map((file) => this.#file(id, file)));
    byId("reply").onclick = () => this.#compose(mail);
    this.#show("mail");
    for (const button of byId("mails").querySelectorAll("button")) {
      button.ariaCurrent = String(Number(button.dataset.id) === id);
    }
    byId("reader").focus({ preventScroll: true });
  }

  #file(id, file) {
    const link = document.createElement("a");
    link.className = "button";
    link.target = "_blank";
    link.href = this.#path(`/${id}/files/${file.position}`);
    link.textContent = `${file.file_name} (${size(file.size_bytes)})`;
    const item = document.createElement("li");
    item.append(link);
    return item;
  }

  /** An answer to this mail, or a new one. */
  #compose(original) {
    const form = byId("composer");
    form.reset();
    form.dataset.replyTo = original ? String(original.id) : "";
    byId("composer-title").textContent = original ? `Reply to “${original.subject}”` : "New mail";
    byId("composer-from").textContent = `${this.#person.name} <${this.#person.address}>`;
    byId("address-fields").hidden = original !== null;
    byId("to").value = this.#site.support_address;
    this.#show("composer");
    byId(original ? "text" : "subject").focus();
  }

  async #send() {
    const form = byId("composer");
    const content = new FormData(form);
    if (form.dataset.replyTo) {
      content.set("reply_to", form.dataset.replyTo);
    }
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const answer = await fetch(this.#path(""), { method: "POST", headers: { "x-demo": "1" }, body: content });
      const { detail } = await answer.json();
      if (!answer.ok) {
        this.#tell(detail);
        return;
      }
      this.#tell("Sent. It is in the team's inbox now.");
      this.#show("nothing-open");
      await this.refresh();
    } catch {
      this.#tell("The mail could not be sent.");
    } finally {
      button.disabled = false;
    }
  }

  #hasUnsent() {
    return !byId("composer").hidden && (byId("text").value.trim() !== "" || byId("files").files.length > 0);
  }

  #show(part) {
    for (const id of ["nothing-open", "mail", "composer"]) {
      byId(id).hidden = id !== part;
    }
    document.body.classList.toggle("reading", part !== "nothing-open");
    if (part !== "mail") {
      this.#openId = 0;
    }
  }
}
