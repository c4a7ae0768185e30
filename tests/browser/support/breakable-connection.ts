/** A loopback proxy that loses the connection the way networks do: refused, or silently stuck. */
import { connect, createServer, type Server, type Socket } from "node:net";

type State = "working" | "refusing" | "stuck";

export class BreakableConnection {
  readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private state: State = "working";

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
  }

  static open(targetPort: number): Promise<BreakableConnection> {
    return new Promise((resolve, reject) => {
      const server = createServer((near) => connection.relay(near, targetPort));
      let connection: BreakableConnection;
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (!address || typeof address === "string") return reject(new Error("no port"));
        connection = new BreakableConnection(server, address.port);
        resolve(connection);
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts every connection and refuses new ones. */
  refuse() {
    this.state = "refusing";
    for (const socket of this.sockets) socket.destroy();
  }

  /** Passes nothing on any more, without closing anything, as a laptop does that changes networks. */
  stall() {
    this.state = "stuck";
    for (const socket of this.sockets) socket.pause();
  }

  /** Stuck connections are cut, because what they held is lost. */
  repair() {
    if (this.state === "stuck") for (const socket of this.sockets) socket.destroy();
    this.state = "working";
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private relay(near: Socket, targetPort: number) {
    if (this.state === "refusing") {
      near.destroy();
      return;
    }
    const far = connect(targetPort, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on("data", (bytes) => {
        if (this.state === "working") other.write(bytes);
      });
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    if (this.state === "stuck") near.pause();
  }
}
