// Keeps notifications on the wire in the order in which the editor's events happened.
//
// The language client awaits more often before a didChange than before a didOpen or didClose, so that of
// two events in one tick of the extension host the later one can be sent first. A cause that arrives after
// the change it explains, or a change after its document's close, would be recorded as something that did
// not happen. So each event takes a ticket when it happens, and at the wire waits for those before it.

interface Ticket {
    readonly key: string;
    send?: () => void;
    released: boolean;
}

export class Order {
    private readonly tickets: Ticket[] = [];

    /** Take a ticket now and call `notify`, whose message passes the wire under the same key. */
    async keep(key: string, notify: () => Promise<void>): Promise<void> {
        const ticket: Ticket = { key, released: false };
        this.tickets.push(ticket);
        try {
            await notify();
        } finally {
            // A message that was dropped or failed on its way must not hold up those behind it.
            ticket.released = true;
            this.drain();
        }
    }

    /** At the wire: send once every earlier ticket has sent or is released. Keyless messages pass at once. */
    pass(key: string, send: () => Promise<void>): Promise<void> {
        const ticket = this.tickets.find((waiting) => waiting.key === key && waiting.send === undefined);
        if (ticket === undefined) {
            return send();
        }
        return new Promise((resolve, reject) => {
            ticket.send = () => send().then(resolve, reject);
            this.drain();
        });
    }

    private drain(): void {
        for (let head = this.tickets[0]; head && (head.send || head.released); head = this.tickets[0]) {
            this.tickets.shift();
            head.send?.();
        }
    }
}
