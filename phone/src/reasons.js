// Why something did not work, in plain words, each with what to do about it.

const BY_STATUS = {
  401: "The server does not know you any more. Sign in again.",
  403: "You may not call this number.",
  404: "Nobody has this number. Check it and call again.",
  407: "The server does not know you any more. Sign in again.",
  408: "There was no answer from the other side. Try again later.",
  410: "This number is no longer in use.",
  480: "They cannot be reached now. Try again later.",
  484: "The number is not complete. Check it and call again.",
  486: "They are busy. Try again later.",
  487: "The call was cancelled.",
  488: "Your browser and the server share no way to carry sound. Update the browser.",
  500: "The server could not make this call. Its notifications say why.",
  503: "The server takes no more calls now. Try again in a moment.",
  600: "They are busy. Try again later.",
  603: "They declined the call.",
};

/** Return why a call that was made ended before it was answered. */
export function callFailure({ status, cause }) {
  if (status && BY_STATUS[status]) return BY_STATUS[status];
  if (status >= 500) return BY_STATUS[500];
  if (status) return `The call was refused (${status}).`;
  switch (cause) {
    case "Canceled":
      return BY_STATUS[487];
    case "No Answer":
    case "Expires":
      return "Nobody answered.";
    case "Request Timeout":
    case "Connection Error":
      return "The server does not answer. The page reconnects by itself; call again when it is ready.";
    case "WebRTC Error":
    case "Incompatible SDP":
    case "Missing SDP":
    case "Bad Media Description":
      return "No sound connection could be made. Reload the page; if it stays so, another browser may do.";
    default:
      return "The call could not be made. Try again.";
  }
}

/** Return why a call that was up ended, or "" when somebody just hung up. */
export function callEnd({ cause }) {
  if (cause === "RTP Timeout") return "The sound connection broke. Check your network and call again.";
  if (cause === "Request Timeout" || cause === "Connection Error")
    return "The connection to the server broke, and the call with it.";
  return "";
}

/** Return why the browser gives no microphone. */
export function microphoneFailure(error, secure = true) {
  if (!secure)
    return (
      "Browsers give a microphone only to pages that come by https, or from this machine. " +
      "Open this page by its https address."
    );
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return (
        "The browser does not let this page use the microphone. " +
        "Click the sign beside the address, allow the microphone, and call again."
      );
    case "NotFoundError":
    case "OverconstrainedError":
      return "No microphone was found. Plug one in, or choose another one below.";
    case "NotReadableError":
    case "AbortError":
      return "The microphone does not start. Close other programs that use it, and call again.";
    default:
      return "The microphone cannot be used. Plug it in anew and call again.";
  }
}

/** Return why the server does not take the registration. */
export function registrationFailure({ status, cause }) {
  if (status === 403) return "The server refuses this client: it may be closed, or you tried too often. Sign in again later.";
  if (status === 423 || status === 500 || status === 503) return "The server is busy. The page tries again by itself.";
  if (cause === "Request Timeout" || cause === "Connection Error")
    return "The server does not answer. The page tries again by itself.";
  return `The server does not register this phone (${status ?? cause}). The page tries again by itself.`;
}
