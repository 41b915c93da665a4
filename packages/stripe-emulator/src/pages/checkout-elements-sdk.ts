/**
 * What Stripe.js has of Checkout by Elements (https://docs.stripe.com/js/custom_checkout), where `origin` and `IntegrationError` are known.
 * Whatever else it has is refused by its name.
 */
export const CHECKOUT_ELEMENTS_SDK = `
  const only = (name, has) =>
    new Proxy(has, {
      get(target, key) {
        // These are asked of any object, by promises and by JSON.
        if (key in target || typeof key === "symbol" || key === "then" || key === "toJSON") return target[key];
        throw new IntegrationError(name + "." + key + " is not modelled by this emulator yet.");
      },
    });
  const takeOnly = (name, given, known) => {
    for (const key of Object.keys(given))
      if (!known.includes(key)) throw new IntegrationError(name + "({ " + key + " }) is not modelled by this emulator yet.");
  };
  // How it looks: nothing is drawn with it here, and nothing that is sold hangs on it.
  const LOOKS = ["appearance", "fonts", "layout", "loader"];
  const emitter = (name, handlers) => (event, handler) => {
    if (!handlers[event]) throw new IntegrationError(name + ".on(" + JSON.stringify(event) + ") is not modelled by this emulator yet.");
    handlers[event].push(handler);
  };

  function initCheckoutElementsSdk(options = {}) {
    takeOnly("initCheckoutElementsSdk", options, ["adaptivePricing", "clientSecret", "elementsOptions"]);
    takeOnly("elementsOptions", options.elementsOptions ?? {}, LOOKS);
    if (!options.clientSecret) throw new IntegrationError("You must provide clientSecret.");
    const handlers = { change: [] };
    let element = null;
    let mounted;
    let email = null;
    let session;
    const address = Promise.resolve(options.clientSecret).then((secret) => origin + "/c/elements/" + validSecret(secret));

    async function read() {
      const answer = await fetch((await address) + "/session");
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.message);
      const known = found.email ?? email;
      session = only("session", {
        ...found,
        email: known,
        canConfirm: found.status.type === "open" && known !== null,
      });
      return found;
    }
    const loading = read();
    loading.catch(() => {});
    const changed = async () => {
      await read();
      for (const handler of handlers.change) handler(session);
    };

    async function updateEmail(value) {
      if ((await loading).email !== null)
        throw new IntegrationError("This session's e-mail is that of its customer, or its customer_email: it cannot be updated.");
      if (value !== null && !/^[^ @]+@[^ @]+[.][^ @]+$/.test(value))
        return { type: "error", error: { message: "Your email is invalid.", code: "invalidEmail" } };
      email = value;
      await changed();
      return { type: "success", session };
    }

    async function changeCode(typed) {
      const answer = await fetch((await address) + "/session", { method: "POST", body: new URLSearchParams(typed) });
      const { message } = await answer.json();
      if (message) return { type: "error", error: { message, code: "invalidCode" } };
      await changed();
      return { type: "success", session };
    }

    async function confirm(args = {}) {
      takeOnly("confirm", args, ["email", "redirect", "returnUrl"]);
      if (!mounted) throw new IntegrationError("Mount a Payment Element before you confirm.");
      if (args.email !== undefined) {
        const updated = await updateEmail(args.email);
        if (updated.type === "error") return { type: "error", error: { message: updated.error.message, code: null } };
      }
      const frame = await mounted;
      const seen = { email: email ?? "", expected_amount: String(session.total.total.minorUnitsAmount) };
      const answer = await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        frame.contentWindow.postMessage(seen, origin, [port2]);
      });
      await changed();
      if (answer.error) return { type: "error", error: answer.error };
      if (args.redirect === "if_required") return { type: "success", session };
      location.assign(args.returnUrl?.replaceAll("{CHECKOUT_SESSION_ID}", session.id) ?? answer.url);
      // The page is left: nothing comes after.
      return new Promise(() => {});
    }

    function createPaymentElement(given = {}) {
      takeOnly("createPaymentElement", given, LOOKS);
      if (element) throw new IntegrationError("A Payment Element was created already: use getPaymentElement().");
      const heard = { ready: [], loaderror: [] };
      const listen = emitter("paymentElement", heard);
      const tell = (event, detail) => {
        for (const handler of heard[event]) handler({ elementType: "payment", ...detail });
      };
      const frame = document.createElement("iframe");
      frame.title = "Payment Element";
      frame.style.width = "100%";
      frame.style.height = "420px";
      frame.style.border = "0";
      async function show(target) {
        await loading;
        frame.src = await address;
        await new Promise((resolve) => {
          frame.onload = resolve;
          target.append(frame);
        });
        return frame;
      }
      const unmount = () => {
        frame.remove();
        mounted = undefined;
      };
      element = only("paymentElement", {
        mount(where) {
          mounted = show(elementAt(where));
          mounted.then(() => tell("ready"), (error) => tell("loaderror", { error }));
        },
        on(event, handler) {
          listen(event, handler);
          return element;
        },
        unmount,
        destroy() {
          unmount();
          element = null;
        },
      });
      return element;
    }

    return only("checkout", {
      createPaymentElement,
      getPaymentElement: () => element,
      on: emitter("checkout", handlers),
      async loadActions() {
        try {
          await loading;
        } catch ({ message }) {
          return { type: "error", error: { message, code: null } };
        }
        const actions = {
          applyPromotionCode: (code) => changeCode({ action: "apply_promotion_code", promotion_code: code }),
          removePromotionCode: () => changeCode({ action: "remove_promotion_code" }),
          confirm,
          getSession: () => session,
          updateEmail,
        };
        return { type: "success", actions: only("actions", actions) };
      },
    });
  }
`;
