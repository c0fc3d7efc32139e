/* Starts the stock Web Chat and keeps the conversation alive: a lost or expired connection gets a
   fresh token, a new DirectLine and a new store, because the client itself ends for good. */
(function () {
  "use strict";

  var EXPIRED = 3, FAILED = 4, ENDED = 5, ONLINE = 2;
  var FIRST_PAUSE = 1000, LONGEST_PAUSE = 30000, GIVE_UP_AFTER = 8;
  var config = JSON.parse(document.getElementById("config").textContent);
  var place = document.getElementById("chat");
  var status = document.getElementById("status");
  var words = config.words;
  var failures = 0, generation = 0, timer = 0;
  var conversation = "", typed = "", pending = "", current = null;

  var style = {
    accent: "#0f5ea8",
    primaryFont: "'Segoe UI', system-ui, -apple-system, sans-serif",
    backgroundColor: "#ffffff",
    bubbleBackground: "#f3f3f3",
    bubbleBorderRadius: 8,
    bubbleFromUserBackground: "#0f5ea8",
    bubbleFromUserBorderRadius: 8,
    bubbleFromUserTextColor: "#ffffff",
    bubbleAttachmentMaxWidth: 560,
    bubbleMaxWidth: 560,
    bubbleMinWidth: 200,
    hideUploadButton: true,
    paddingRegular: 10,
    paddingWide: 20,
    rootHeight: "100%",
    rootWidth: "100%",
    sendBoxBorderTop: "1px solid #767676",
    sendBoxButtonColor: "#0f5ea8",
    sendBoxHeight: 48,
    sendBoxPlaceholderColor: "#595959",
    subtle: "#595959",
    suggestedActionBorderColor: "#0f5ea8",
    suggestedActionBorderRadius: 6,
    suggestedActionLayout: "flow",
    suggestedActionTextColor: "#0f5ea8",
    timestampColor: "#595959"
  };

  function say(text) {
    status.textContent = text;
    status.hidden = !text;
  }

  function token() {
    return fetch("/chat/token", { method: "POST", credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) { throw new Error("token " + answer.status); }
      return answer.json();
    });
  }

  /* Remembers what stands in the box and what was sent but not yet echoed. */
  function keepText() {
    return function (next) {
      return function (action) {
        var activity = action.payload && action.payload.activity;
        if (action.type === "WEB_CHAT/SET_SEND_BOX") { typed = action.payload.text; }
        if (activity && activity.type === "message" && activity.text) {
          if (action.type === "DIRECT_LINE/POST_ACTIVITY_PENDING") { pending = activity.text; }
          if (action.type === "DIRECT_LINE/POST_ACTIVITY_FULFILLED") { pending = ""; }
        }
        return next(action);
      };
    };
  }

  function begin(answer, isAgain) {
    var mine = generation += 1;
    var isNew = conversation !== "" && conversation !== answer.conversationId;
    var text = typed || pending;
    var options = {
      domain: location.origin + "/v3/directline",
      token: answer.token,
      conversationStartProperties: { locale: config.locale }
    };
    if (answer.started) {
      options.conversationId = answer.conversationId;
      options.watermark = "0";
    }
    conversation = answer.conversationId;
    pending = "";
    if (current) { current.end(); }
    current = window.WebChat.createDirectLine(options);
    var store = window.WebChat.createStore({}, keepText);
    current.connectionStatus$.subscribe(function (state) {
      if (mine !== generation) { return; }
      if (state === ONLINE) {
        say(failures ? words.online : isNew ? words.renewed : "");
        failures = 0;
      } else if (state === EXPIRED || state === FAILED || state === ENDED) {
        again();
      }
    });
    window.WebChat.renderWebChat({
      adaptiveCardsHostConfig: config.hostConfig,
      directLine: current,
      locale: config.locale,
      nonce: config.nonce,
      overrideLocalizedStrings: config.clientWords,
      store: store,
      styleOptions: style
    }, place);
    if (text) { store.dispatch({ type: "WEB_CHAT/SET_SEND_BOX", payload: { text: text } }); }
    if (!isAgain) { say(""); }
  }

  function again() {
    generation += 1;
    failures += 1;
    say(failures > GIVE_UP_AFTER ? words.failed : words.offline);
    clearTimeout(timer);
    var pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * Math.pow(2, failures - 1));
    timer = setTimeout(connect, failures === 1 ? 0 : pause * (0.5 + Math.random() / 2));
  }

  function connect() {
    token().then(function (answer) { begin(answer, failures > 0); }, again);
  }

  if (window.WebChat) { connect(); } else { say(words.failed); }
}());
