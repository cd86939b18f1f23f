// The fake's widget: it records the page's calls, shows a bubble in the inbox's color, and in its
// frame the identified contact. It uses the same cookies as Chatwoot's own widget.
(function () {
  if (window.chatwootSDK) return;
  var calls = (window.__chatwootCalls = window.__chatwootCalls || []);
  var PREFIX = 'chatwoot-widget:';
  var frame = null;
  var holder = null;

  function record(name, args) {
    calls.push({ name: name, args: Array.prototype.slice.call(args) });
  }

  function tell(event, value) {
    var message = Object.assign({ event: event }, value);
    frame.contentWindow.postMessage(PREFIX + JSON.stringify(message), '*');
  }

  function cookie(name) {
    var start = name + '=';
    var found = document.cookie.split('; ').find(function (text) { return text.indexOf(start) === 0; });
    return found && found.slice(start.length);
  }

  function keep(api, name, value) {
    document.cookie = name + '=' + value + '; path=/; samesite=Lax; max-age=31536000' +
      (api.baseDomain ? '; domain=' + api.baseDomain : '');
  }

  // As in Chatwoot's widget, regardless of the base domain.
  function drop(name) {
    document.cookie = name + '=; path=/; max-age=0';
  }

  // Chatwoot's widget uses an MD5 of the same fields.
  function digest(identifier, user) {
    var fields = ['avatar_url', 'email', 'name', 'identifier_hash'].map(function (name) {
      return name + (user[name] || '');
    });
    var hash = 5381;
    (fields.join('') + 'identifier' + identifier).split('').forEach(function (character) {
      hash = (hash * 33 + character.charCodeAt(0)) >>> 0;
    });
    return hash.toString(16);
  }

  function address(api, token) {
    return api.baseUrl + '/widget?website_token=' + encodeURIComponent(api.websiteToken) +
      (token ? '&cw_conversation=' + encodeURIComponent(token) : '');
  }

  function open(yes) {
    window.$chatwoot.isOpen = yes;
    holder.style.display = yes ? 'block' : 'none';
  }

  function embed(api) {
    holder = document.createElement('div');
    holder.className = 'woot-widget-holder';
    holder.style.cssText =
      'display:none;position:fixed;bottom:96px;' + api.position + ':20px;width:320px;' +
      'max-width:calc(100vw - 40px);height:216px;border-radius:14px;overflow:hidden;' +
      'box-shadow:0 8px 40px rgba(0,0,0,.28);z-index:2147483000';
    frame = document.createElement('iframe');
    frame.id = 'chatwoot_live_chat_widget';
    frame.title = 'Chat';
    // The frame's own page decides between light and dark.
    frame.style.cssText = 'border:0;width:100%;height:100%;color-scheme:normal';
    frame.src = address(api, cookie('cw_conversation'));
    holder.appendChild(frame);
    document.body.appendChild(holder);
  }

  function bubble(api, title, color) {
    if (document.getElementById('chatwoot-bubble')) return;
    var button = document.createElement('button');
    button.id = 'chatwoot-bubble';
    button.type = 'button';
    button.className = 'woot-widget-bubble';
    button.setAttribute('aria-label', title);
    button.style.cssText =
      'position:fixed;bottom:20px;' + api.position + ':20px;min-width:60px;height:60px;border:0;' +
      'padding:0 18px;border-radius:30px;background:#1f93ff;color:#fff;z-index:2147483000;' +
      'font:600 15px/1 system-ui,sans-serif;cursor:pointer;' +
      'box-shadow:0 6px 20px rgba(0,0,0,.25)';
    button.style.backgroundColor = color;
    if (api.type === 'expanded_bubble') button.textContent = title;
    else {
      var icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      icon.setAttribute('viewBox', '0 0 24 24');
      icon.setAttribute('width', '24');
      icon.setAttribute('height', '24');
      icon.setAttribute('fill', 'currentColor');
      var path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', 'M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z');
      icon.appendChild(path);
      button.appendChild(icon);
    }
    button.addEventListener('click', function () { api.toggle(); });
    document.body.appendChild(button);
  }

  function listen(api, settings) {
    window.addEventListener('message', function (event) {
      if (event.source !== frame.contentWindow || typeof event.data !== 'string') return;
      if (event.data.indexOf(PREFIX) !== 0) return;
      var message = JSON.parse(event.data.slice(PREFIX.length));
      if (message.event === 'loaded') {
        keep(api, 'cw_conversation', message.config.authToken);
        api.hasLoaded = true;
        if (!api.hideMessageBubble) {
          bubble(api, settings.launcherTitle || 'Chat', message.config.channelConfig.widgetColor);
        }
        if (!api.resetTriggered) window.dispatchEvent(new CustomEvent('chatwoot:ready'));
      } else if (message.event === 'setAuthCookie') {
        keep(api, 'cw_conversation', message.data.widgetAuthToken);
      } else if (message.event === 'onEvent') {
        window.dispatchEvent(new CustomEvent(message.eventIdentifier, { detail: message.data }));
      } else if (message.event === 'error') {
        window.dispatchEvent(new CustomEvent('chatwoot:error', { detail: message.data }));
        if (message.errorType === 'SET_USER_ERROR') drop('cw_user_' + api.websiteToken);
      }
    });
  }

  // Writes a message as the visitor does in the frame, which a test cannot reach.
  window.__chatwootSay = function (text) { tell('say', { text: text }); };

  window.chatwootSDK = {
    run: function (options) {
      if (window.$chatwoot) return;
      record('run', arguments);
      var settings = window.chatwootSettings || {};
      var api = {
        baseUrl: options.baseUrl,
        websiteToken: options.websiteToken,
        baseDomain: settings.baseDomain,
        hasLoaded: false,
        resetTriggered: false,
        isOpen: false,
        locale: settings.locale || 'en',
        position: settings.position === 'left' ? 'left' : 'right',
        type: settings.type || 'standard',
        hideMessageBubble: Boolean(settings.hideMessageBubble),
        user: null
      };
      [
        'setLabel', 'removeLabel', 'setColorScheme', 'toggleBubbleVisibility', 'popoutChatWindow'
      ].forEach(function (name) {
        api[name] = function () { record(name, arguments); };
      });
      [
        ['setCustomAttributes', 'set-custom-attributes'],
        ['setConversationCustomAttributes', 'set-conversation-custom-attributes']
      ].forEach(function (names) {
        api[names[0]] = function (attributes) {
          if (!attributes || !Object.keys(attributes).length) {
            throw new Error('Custom attributes should have atleast one key');
          }
          record(names[0], arguments);
          tell(names[1], { customAttributes: attributes });
        };
      });
      [
        ['deleteCustomAttribute', 'delete-custom-attribute'],
        ['deleteConversationCustomAttribute', 'delete-conversation-custom-attribute']
      ].forEach(function (names) {
        api[names[0]] = function (key) {
          if (!key) throw new Error('Custom attribute is required');
          record(names[0], arguments);
          tell(names[1], { customAttribute: key });
        };
      });
      api.setUser = function (identifier, user) {
        if (typeof identifier !== 'string' && typeof identifier !== 'number') {
          throw new Error('Identifier should be a string or a number');
        }
        if (!user || !(user.avatar_url || user.email || user.name)) {
          throw new Error('User object should have one of the keys [avatar_url, email, name]');
        }
        record('setUser', arguments);
        var known = digest(identifier, user);
        if (cookie('cw_user_' + api.websiteToken) === known) return;
        api.user = { identifier: String(identifier), user: user };
        tell('set-user', api.user);
        keep(api, 'cw_user_' + api.websiteToken, known);
        // Chatwoot's widget stays closed; the fake opens to show that the customer is identified.
        if (!api.hideMessageBubble) open(true);
      };
      api.setLocale = function (locale) {
        record('setLocale', arguments);
        api.locale = locale;
      };
      api.toggle = function (state) {
        record('toggle', arguments);
        open(state ? state === 'open' : !api.isOpen);
        window.dispatchEvent(new CustomEvent(api.isOpen ? 'chatwoot:opened' : 'chatwoot:closed'));
      };
      api.reset = function () {
        record('reset', arguments);
        drop('cw_conversation');
        drop('cw_user_' + api.websiteToken);
        frame.src = address(api);
        api.resetTriggered = true;
      };
      window.$chatwoot = api;

      function start() {
        embed(api);
        listen(api, settings);
      }
      if (document.body) start();
      else document.addEventListener('DOMContentLoaded', start);
    }
  };
})();
