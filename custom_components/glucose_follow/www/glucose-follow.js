var e={card:{name:`الغلوكوز`,description:`غلوكوز الشخص واتجاهه والساعات السابقة.`},badge:{name:`الغلوكوز`,description:`غلوكوز الشخص واتجاهه.`},dashboard:{name:`الغلوكوز`,description:`عرض لكل شخص تتابع غلوكوزه.`,nobody:`أنت لا تتابع غلوكوز أي شخص بعد.`,now:`الآن`,treatments:`الأنسولين والكربوهيدرات`,devices:`المستشعر والمضخة والهاتف`,settings:`الإنذارات والإعدادات`},range:{urgent_low:`منخفض جدًا`,low:`منخفض`,in_range:`ضمن النطاق`,high:`مرتفع`,urgent_high:`مرتفع جدًا`},direction:{double_up:`يرتفع بسرعة كبيرة`,single_up:`يرتفع بسرعة`,forty_five_up:`يرتفع`,flat:`ثابت`,forty_five_down:`ينخفض`,single_down:`ينخفض بسرعة`,double_down:`ينخفض بسرعة كبيرة`},below:`أقل من {value}`,above:`أكثر من {value}`,justNow:`الآن`,lastReading:`آخر قراءة {time}`,notice:{stale:`لا قراءة منذ {duration}`,disconnected:`غير متصل`,unavailable:`غير متاح`,waiting:`في انتظار القراءات`,warmup:`المستشعر قيد الإحماء`,sensor_error:`خطأ في المستشعر`,no_data:`لا قراءات بعد`,silent:`لا قراءة حالية`,not_found:`هذا الشخص غير متابَع هنا`,unauthorized:`لا يُسمح لك برؤية غلوكوز هذا الشخص`},today:{label:`اليوم`,low:`{share} منخفض`,in_range:`{share} ضمن النطاق`,high:`{share} مرتفع`},facts:{insulin:`الأنسولين الفعّال`,carbs:`الكربوهيدرات الفعّالة`,bolus:`جرعة {ago}`},units:`{amount} وحدة`,automatic:`{amount}، تلقائي`,graph:`الغلوكوز خلال آخر {hours}`,expected:`المتوقع عند {time}: {value}`,lowIn:`انخفاض متوقع خلال {duration}`,alarm:{level:{urgent_low:`إنذار: منخفض جدًا`,low:`إنذار: منخفض`,low_soon:`إنذار: انخفاض قريب`,high:`إنذار: مرتفع`,urgent_high:`إنذار: مرتفع جدًا`,falling_fast:`إنذار: انخفاض سريع`,rising_fast:`إنذار: ارتفاع سريع`,signal_lost:`إنذار: انقطاع الإشارة`},snooze:`تأجيل`,snoozeFor:`تأجيل {duration}`,snoozedUntil:`مؤجل حتى {time}`,failed:`تعذّر تأجيل الإنذار.`,close:`إغلاق`},layouts:{card:`بطاقة`,wall:`حائط: يملأ شاشة الجهاز اللوحي`},hours:`{hours} ساعة`,form:{entity:`الشخص`,name:`الاسم`,layout:`التخطيط`,hours:`ساعات الرسم البياني`,others:`أشخاص آخرون بجانبه`,treatments:`إظهار الأنسولين والكربوهيدرات`,forecast:`إظهار التوقع`,facts:`إظهار الفعّال وآخر جرعة`,today:`إظهار الوقت ضمن النطاق اليوم`,dim_from:`تعتيم من`,dim_until:`تعتيم حتى`},help:{name:`إذا تُرك فارغًا، فكما يُسمى الشخص هنا.`,others:`يعرض الحائط عدة أشخاص جنبًا إلى جنب.`,dim_from:`يبقى ساطعًا ما دام هناك خطب ما.`}},t={card:{name:`Glukose`,description:`Die Glukose eines Menschen, wohin sie geht, und die Stunden davor.`},badge:{name:`Glukose`,description:`Die Glukose eines Menschen und wohin sie geht.`},dashboard:{name:`Glukose`,description:`Eine Ansicht für jeden Menschen, dessen Glukose du folgst.`,nobody:`Du folgst noch niemandes Glukose.`,now:`Jetzt`,treatments:`Insulin und Kohlenhydrate`,devices:`Sensor, Pumpe und Telefon`,settings:`Alarme und Einstellungen`},range:{urgent_low:`Sehr niedrig`,low:`Niedrig`,in_range:`Im Zielbereich`,high:`Hoch`,urgent_high:`Sehr hoch`},direction:{double_up:`steigt sehr schnell`,single_up:`steigt schnell`,forty_five_up:`steigt`,flat:`gleichbleibend`,forty_five_down:`fällt`,single_down:`fällt schnell`,double_down:`fällt sehr schnell`},below:`unter {value}`,above:`über {value}`,justNow:`gerade eben`,lastReading:`Letzter Wert {time}`,notice:{stale:`Seit {duration} kein Wert`,disconnected:`Nicht verbunden`,unavailable:`Nicht verfügbar`,waiting:`Wartet auf Werte`,warmup:`Sensor wärmt auf`,sensor_error:`Sensorfehler`,no_data:`Noch keine Werte`,silent:`Kein aktueller Wert`,not_found:`Dieser Person wird hier nicht gefolgt`,unauthorized:`Du darfst diese Glukosewerte nicht sehen`},today:{label:`Heute`,low:`{share} niedrig`,in_range:`{share} im Zielbereich`,high:`{share} hoch`},facts:{insulin:`Aktives Insulin`,carbs:`Aktive KH`,bolus:`Bolus {ago}`},units:`{amount} E`,automatic:`{amount}, automatisch`,graph:`Glukose der letzten {hours}`,expected:`Erwartet um {time}: {value}`,lowIn:`Niedrig erwartet in {duration}`,alarm:{level:{urgent_low:`Alarm: sehr niedrig`,low:`Alarm: niedrig`,low_soon:`Alarm: bald niedrig`,high:`Alarm: hoch`,urgent_high:`Alarm: sehr hoch`,falling_fast:`Alarm: fällt schnell`,rising_fast:`Alarm: steigt schnell`,signal_lost:`Alarm: Signal verloren`},snooze:`Schlummern`,snoozeFor:`{duration} schlummern`,snoozedUntil:`Schlummert bis {time}`,failed:`Der Alarm ließ sich nicht stummschalten.`,close:`Schließen`},layouts:{card:`Karte`,wall:`Wand: füllt den Bildschirm eines Tablets`},hours:`{hours} Stunden`,form:{entity:`Person`,name:`Name`,layout:`Anordnung`,hours:`Stunden im Verlauf`,others:`Weitere Menschen daneben`,treatments:`Insulin und Kohlenhydrate zeigen`,forecast:`Vorhersage zeigen`,facts:`Aktives Insulin, Kohlenhydrate und letzten Bolus zeigen`,today:`Zeit im Zielbereich heute zeigen`,dim_from:`Dunkler ab`,dim_until:`Dunkler bis`},help:{name:`Leer: so, wie der Mensch hier heißt.`,others:`Eine Wandanzeige zeigt mehrere Menschen nebeneinander.`,dim_from:`Solange etwas nicht stimmt, bleibt es hell.`}},n={card:{name:`Glucose`,description:`A person's glucose, where it is going, and the hours before.`},badge:{name:`Glucose`,description:`A person's glucose and where it is going.`},dashboard:{name:`Glucose`,description:`A view for each person whose glucose you follow.`,nobody:`You do not follow anybody's glucose yet.`,now:`Now`,treatments:`Insulin and carbs`,devices:`Sensor, pump and phone`,settings:`Alarms and settings`},range:{urgent_low:`Urgent low`,low:`Low`,in_range:`In range`,high:`High`,urgent_high:`Very high`},direction:{double_up:`rising very fast`,single_up:`rising fast`,forty_five_up:`rising`,flat:`steady`,forty_five_down:`falling`,single_down:`falling fast`,double_down:`falling very fast`},below:`below {value}`,above:`above {value}`,justNow:`just now`,lastReading:`Last reading {time}`,notice:{stale:`No reading for {duration}`,disconnected:`Not connected`,unavailable:`Not available`,waiting:`Waiting for readings`,warmup:`Sensor is warming up`,sensor_error:`Sensor error`,no_data:`No readings yet`,silent:`No current reading`,not_found:`This person is not followed here`,unauthorized:`You may not see this person's glucose`},today:{label:`Today`,low:`{share} low`,in_range:`{share} in range`,high:`{share} high`},facts:{insulin:`Insulin on board`,carbs:`Carbs on board`,bolus:`Bolus {ago}`},units:`{amount} U`,automatic:`{amount}, automatic`,graph:`Glucose of the last {hours}`,expected:`Expected at {time}: {value}`,lowIn:`Low expected in {duration}`,alarm:{level:{urgent_low:`Urgent low alarm`,low:`Low alarm`,low_soon:`Low soon alarm`,high:`High alarm`,urgent_high:`Very high alarm`,falling_fast:`Falling fast alarm`,rising_fast:`Rising fast alarm`,signal_lost:`Signal lost alarm`},snooze:`Snooze`,snoozeFor:`Snooze for {duration}`,snoozedUntil:`Snoozed until {time}`,failed:`The alarm could not be snoozed.`,close:`Close`},layouts:{card:`Card`,wall:`Wall: fills a tablet's screen`},hours:`{hours} hours`,form:{entity:`Person`,name:`Name`,layout:`Layout`,hours:`Hours in the graph`,others:`More people beside this one`,treatments:`Show insulin and carbs`,forecast:`Show the forecast`,facts:`Show what is on board and the last bolus`,today:`Show today's time in range`,dim_from:`Dim from`,dim_until:`Dim until`},help:{name:`As the person is called here, if empty.`,others:`A wall shows several people side by side.`,dim_from:`It stays bright while something is wrong.`}};function r(e,t){return e.replace(/\{(\w+)\}/g,(e,n)=>t[n]??e)}var i={ar:e,de:t,en:n};function a(e){return i[o(e)]??n}function o(e){return e.replace(/-.*/,``).toLowerCase()}var s=`glucose_follow`,c=/* @__PURE__ */ new Set([`glucose`,`delayed_glucose`]);function l(e){return Object.values(e.entities).filter(u).map(({entity_id:t,device_id:n})=>({entityId:t,deviceId:n??null,name:d(e,n??``)??t})).sort((e,t)=>e.name.localeCompare(t.name))}function u(e){return e?.platform===s&&c.has(e.translation_key??``)&&e.entity_id.startsWith(`sensor.`)}function d({devices:e},t){let n=e[t];return n?.name_by_user??n?.name??null}var f=`https://github.com/glucose-follow/glucose-follow#look-at-it`,p=`glucose-follow-card`,m=`glucose-follow-badge`,ee=`glucose-follow`;function te({entities:e},t){return u(e[t])?{config:{type:`custom:${p}`,entity:t}}:null}function ne(e,t,n,r){return{...r,type:e,documentationURL:f,get name(){return a(n())[t].name},get description(){return a(n())[t].description}}}
/**
* @license
* Copyright 2019 Google LLC
* SPDX-License-Identifier: BSD-3-Clause
*/
var h=globalThis,re=h.ShadowRoot&&(h.ShadyCSS===void 0||h.ShadyCSS.nativeShadow)&&`adoptedStyleSheets`in Document.prototype&&`replace`in CSSStyleSheet.prototype,ie=Symbol(),ae=/* @__PURE__ */ new WeakMap,oe=class{constructor(e,t,n){if(this._$cssResult$=!0,n!==ie)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(re&&e===void 0){let n=t!==void 0&&t.length===1;n&&(e=ae.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&ae.set(t,e))}return e}toString(){return this.cssText}},g=e=>new oe(typeof e==`string`?e:e+``,void 0,ie),_=(e,...t)=>new oe(e.length===1?e[0]:t.reduce((t,n,r)=>t+(e=>{if(!0===e._$cssResult$)return e.cssText;if(typeof e==`number`)return e;throw Error(`Value passed to 'css' function must be a 'css' function result: `+e+`. Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.`)})(n)+e[r+1],e[0]),e,ie),se=(e,t)=>{if(re)e.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let n of t){let t=document.createElement(`style`),r=h.litNonce;r!==void 0&&t.setAttribute(`nonce`,r),t.textContent=n.cssText,e.appendChild(t)}},ce=re?e=>e:e=>e instanceof CSSStyleSheet?(e=>{let t=``;for(let n of e.cssRules)t+=n.cssText;return g(t)})(e):e,{is:le,defineProperty:ue,getOwnPropertyDescriptor:de,getOwnPropertyNames:fe,getOwnPropertySymbols:pe,getPrototypeOf:me}=Object,v=globalThis,he=v.trustedTypes,ge=he?he.emptyScript:``,_e=v.reactiveElementPolyfillSupport,y=(e,t)=>e,b={toAttribute(e,t){
/**
* @license
* Copyright 2017 Google LLC
* SPDX-License-Identifier: BSD-3-Clause
*/
switch(t){case Boolean:e=e?ge:null;break;case Object:case Array:e=e==null?e:JSON.stringify(e)}return e},fromAttribute(e,t){let n=e;switch(t){case Boolean:n=e!==null;break;case Number:n=e===null?null:Number(e);break;case Object:case Array:try{n=JSON.parse(e)}catch{n=null}}return n}},ve=(e,t)=>!le(e,t),ye={attribute:!0,type:String,converter:b,reflect:!1,useDefault:!1,hasChanged:ve};Symbol.metadata??=Symbol(`metadata`),v.litPropertyMetadata??=/* @__PURE__ */ new WeakMap;var x=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=ye){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(e,n,t);r!==void 0&&ue(this.prototype,e,r)}}static getPropertyDescriptor(e,t,n){let{get:r,set:i}=de(this.prototype,e)??{get(){return this[t]},set(e){this[t]=e}};return{get:r,set(t){let a=r?.call(this);i?.call(this,t),this.requestUpdate(e,a,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??ye}static _$Ei(){if(this.hasOwnProperty(y(`elementProperties`)))return;let e=me(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(y(`finalized`)))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(y(`properties`))){let e=this.properties,t=[...fe(e),...pe(e)];for(let n of t)this.createProperty(n,e[n])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[e,n]of t)this.elementProperties.set(e,n)}this._$Eh=/* @__PURE__ */ new Map;for(let[e,t]of this.elementProperties){let n=this._$Eu(e,t);n!==void 0&&this._$Eh.set(n,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let e of n)t.unshift(ce(e))}else e!==void 0&&t.push(ce(e));return t}static _$Eu(e,t){let n=t.attribute;return!1===n?void 0:typeof n==`string`?n:typeof e==`string`?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=/* @__PURE__ */ new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=/* @__PURE__ */ new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=/* @__PURE__ */ new Map,t=this.constructor.elementProperties;for(let n of t.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return se(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,n){this._$AK(e,n)}_$ET(e,t){let n=this.constructor.elementProperties.get(e),r=this.constructor._$Eu(e,n);if(r!==void 0&&!0===n.reflect){let i=(n.converter?.toAttribute===void 0?b:n.converter).toAttribute(t,n.type);this._$Em=e,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(e,t){let n=this.constructor,r=n._$Eh.get(e);if(r!==void 0&&this._$Em!==r){let e=n.getPropertyOptions(r),i=typeof e.converter==`function`?{fromAttribute:e.converter}:e.converter?.fromAttribute===void 0?b:e.converter;this._$Em=r;let a=i.fromAttribute(t,e.type);this[r]=a??this._$Ej?.get(r)??a,this._$Em=null}}requestUpdate(e,t,n,r=!1,i){if(e!==void 0){let a=this.constructor;if(!1===r&&(i=this[e]),n??=a.getPropertyOptions(e),!((n.hasChanged??ve)(i,t)||n.useDefault&&n.reflect&&i===this._$Ej?.get(e)&&!this.hasAttribute(a._$Eu(e,n))))return;this.C(e,t,n)}!1===this.isUpdatePending&&(this._$ES=this._$EP())}C(e,t,{useDefault:n,reflect:r,wrapped:i},a){n&&!(this._$Ej??=/* @__PURE__ */ new Map).has(e)&&(this._$Ej.set(e,a??t??this[e]),!0!==i||a!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(t=void 0),this._$AL.set(e,t)),!0===r&&this._$Em!==e&&(this._$Eq??=/* @__PURE__ */ new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[e,t]of this._$Ep)this[e]=t;this._$Ep=void 0}let e=this.constructor.elementProperties;if(e.size>0)for(let[t,n]of e){let{wrapped:e}=n,r=this[t];!0!==e||this._$AL.has(t)||r===void 0||this.C(t,void 0,n,r)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(e=>e.hostUpdate?.()),this.update(t)):this._$EM()}catch(t){throw e=!1,this._$EM(),t}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=/* @__PURE__ */ new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(e){}firstUpdated(e){}};x.elementStyles=[],x.shadowRootOptions={mode:`open`},x[y(`elementProperties`)]=/* @__PURE__ */ new Map,x[y(`finalized`)]=/* @__PURE__ */ new Map,_e?.({ReactiveElement:x}),(v.reactiveElementVersions??=[]).push(`2.1.2`);
/**
* @license
* Copyright 2017 Google LLC
* SPDX-License-Identifier: BSD-3-Clause
*/
var S=globalThis,be=e=>e,C=S.trustedTypes,xe=C?C.createPolicy(`lit-html`,{createHTML:e=>e}):void 0,Se=`$lit$`,w=`lit$${Math.random().toFixed(9).slice(2)}$`,Ce=`?`+w,we=`<${Ce}>`,T=document,E=()=>T.createComment(``),D=e=>e===null||typeof e!=`object`&&typeof e!=`function`,Te=Array.isArray,Ee=e=>Te(e)||typeof e?.[Symbol.iterator]==`function`,De=`[ 	
\f\r]`,O=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Oe=/-->/g,ke=/>/g,k=RegExp(`>|${De}(?:([^\\s"'>=/]+)(${De}*=${De}*(?:[^ \t\n\f\r"'\`<>=]|("|')|))|$)`,`g`),Ae=/'/g,je=/"/g,Me=/^(?:script|style|textarea|title)$/i,Ne=e=>(t,...n)=>({_$litType$:e,strings:t,values:n}),A=Ne(1),j=Ne(2),M=Symbol.for(`lit-noChange`),N=Symbol.for(`lit-nothing`),Pe=/* @__PURE__ */ new WeakMap,P=T.createTreeWalker(T,129);function Fe(e,t){if(!Te(e)||!e.hasOwnProperty(`raw`))throw Error(`invalid template strings array`);return xe===void 0?t:xe.createHTML(t)}var Ie=(e,t)=>{let n=e.length-1,r=[],i,a=t===2?`<svg>`:t===3?`<math>`:``,o=O;for(let t=0;t<n;t++){let n=e[t],s,c,l=-1,u=0;for(;u<n.length&&(o.lastIndex=u,c=o.exec(n),c!==null);)u=o.lastIndex,o===O?c[1]===`!--`?o=Oe:c[1]===void 0?c[2]===void 0?c[3]!==void 0&&(o=k):(Me.test(c[2])&&(i=RegExp(`</`+c[2],`g`)),o=k):o=ke:o===k?c[0]===`>`?(o=i??O,l=-1):c[1]===void 0?l=-2:(l=o.lastIndex-c[2].length,s=c[1],o=c[3]===void 0?k:c[3]===`"`?je:Ae):o===je||o===Ae?o=k:o===Oe||o===ke?o=O:(o=k,i=void 0);let d=o===k&&e[t+1].startsWith(`/>`)?` `:``;a+=o===O?n+we:l>=0?(r.push(s),n.slice(0,l)+Se+n.slice(l)+w+d):n+w+(l===-2?t:d)}return[Fe(e,a+(e[n]||`<?>`)+(t===2?`</svg>`:t===3?`</math>`:``)),r]},F=class e{constructor({strings:t,_$litType$:n},r){let i;this.parts=[];let a=0,o=0,s=t.length-1,c=this.parts,[l,u]=Ie(t,n);if(this.el=e.createElement(l,r),P.currentNode=this.el.content,n===2||n===3){let e=this.el.content.firstChild;e.replaceWith(...e.childNodes)}for(;(i=P.nextNode())!==null&&c.length<s;){if(i.nodeType===1){if(i.hasAttributes())for(let e of i.getAttributeNames())if(e.endsWith(Se)){let t=u[o++],n=i.getAttribute(e).split(w),r=/([.?@])?(.*)/.exec(t);c.push({type:1,index:a,name:r[2],strings:n,ctor:r[1]===`.`?Re:r[1]===`?`?ze:r[1]===`@`?Be:R}),i.removeAttribute(e)}else e.startsWith(w)&&(c.push({type:6,index:a}),i.removeAttribute(e));if(Me.test(i.tagName)){let e=i.textContent.split(w),t=e.length-1;if(t>0){i.textContent=C?C.emptyScript:``;for(let n=0;n<t;n++)i.append(e[n],E()),P.nextNode(),c.push({type:2,index:++a});i.append(e[t],E())}}}else if(i.nodeType===8){if(i.data===Ce)c.push({type:2,index:a});else{let e=-1;for(;(e=i.data.indexOf(w,e+1))!==-1;)c.push({type:7,index:a}),e+=w.length-1}}a++}}static createElement(e,t){let n=T.createElement(`template`);return n.innerHTML=e,n}};function I(e,t,n=e,r){if(t===M)return t;let i=r===void 0?n._$Cl:n._$Co?.[r],a=D(t)?void 0:t._$litDirective$;return i?.constructor!==a&&(i?._$AO?.(!1),a===void 0?i=void 0:(i=new a(e),i._$AT(e,n,r)),r===void 0?n._$Cl=i:(n._$Co??=[])[r]=i),i!==void 0&&(t=I(e,i._$AS(e,t.values),i,r)),t}var Le=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:n}=this._$AD,r=(e?.creationScope??T).importNode(t,!0);P.currentNode=r;let i=P.nextNode(),a=0,o=0,s=n[0];for(;s!==void 0;){if(a===s.index){let t;s.type===2?t=new L(i,i.nextSibling,this,e):s.type===1?t=new s.ctor(i,s.name,s.strings,this,e):s.type===6&&(t=new Ve(i,this,e)),this._$AV.push(t),s=n[++o]}a!==s?.index&&(i=P.nextNode(),a++)}return P.currentNode=T,r}p(e){let t=0;for(let n of this._$AV)n!==void 0&&(n.strings===void 0?n._$AI(e[t]):(n._$AI(e,n,t),t+=n.strings.length-2)),t++}},L=class e{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,n,r){this.type=2,this._$AH=N,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=I(this,e,t),D(e)?e===N||e==null||e===``?(this._$AH!==N&&this._$AR(),this._$AH=N):e!==this._$AH&&e!==M&&this._(e):e._$litType$===void 0?e.nodeType===void 0?Ee(e)?this.k(e):this._(e):this.T(e):this.$(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==N&&D(this._$AH)?this._$AA.nextSibling.data=e:this.T(T.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:n}=e,r=typeof n==`number`?this._$AC(e):(n.el===void 0&&(n.el=F.createElement(Fe(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(t);else{let e=new Le(r,this),n=e.u(this.options);e.p(t),this.T(n),this._$AH=e}}_$AC(e){let t=Pe.get(e.strings);return t===void 0&&Pe.set(e.strings,t=new F(e)),t}k(t){Te(this._$AH)||(this._$AH=[],this._$AR());let n=this._$AH,r,i=0;for(let a of t)i===n.length?n.push(r=new e(this.O(E()),this.O(E()),this,this.options)):r=n[i],r._$AI(a),i++;i<n.length&&(this._$AR(r&&r._$AB.nextSibling,i),n.length=i)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let t=be(e).nextSibling;be(e).remove(),e=t}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},R=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,n,r,i){this.type=1,this._$AH=N,this._$AN=void 0,this.element=e,this.name=t,this._$AM=r,this.options=i,n.length>2||n[0]!==``||n[1]!==``?(this._$AH=Array(n.length-1).fill(/* @__PURE__ */ new String),this.strings=n):this._$AH=N}_$AI(e,t=this,n,r){let i=this.strings,a=!1;if(i===void 0)e=I(this,e,t,0),a=!D(e)||e!==this._$AH&&e!==M,a&&(this._$AH=e);else{let r=e,o,s;for(e=i[0],o=0;o<i.length-1;o++)s=I(this,r[n+o],t,o),s===M&&(s=this._$AH[o]),a||=!D(s)||s!==this._$AH[o],s===N?e=N:e!==N&&(e+=(s??``)+i[o+1]),this._$AH[o]=s}a&&!r&&this.j(e)}j(e){e===N?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??``)}},Re=class extends R{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===N?void 0:e}},ze=class extends R{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==N)}},Be=class extends R{constructor(e,t,n,r,i){super(e,t,n,r,i),this.type=5}_$AI(e,t=this){if((e=I(this,e,t,0)??N)===M)return;let n=this._$AH,r=e===N&&n!==N||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,i=e!==N&&(n===N||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH==`function`?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Ve=class{constructor(e,t,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){I(this,e)}},He=S.litHtmlPolyfillSupport;He?.(F,L),(S.litHtmlVersions??=[]).push(`3.3.3`);var Ue=(e,t,n)=>{let r=n?.renderBefore??t,i=r._$litPart$;if(i===void 0){let e=n?.renderBefore??null;r._$litPart$=i=new L(t.insertBefore(E(),e),e,void 0,n??{})}return i._$AI(e),i},z=globalThis,B=class extends x{constructor(){
/**
* @license
* Copyright 2017 Google LLC
* SPDX-License-Identifier: BSD-3-Clause
*/
super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Ue(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return M}};B._$litElement$=!0,B.finalized=!0,z.litElementHydrateSupport?.({LitElement:B});var We=z.litElementPolyfillSupport;We?.({LitElement:B}),(z.litElementVersions??=[]).push(`4.2.2`);var Ge=[3,6,12,24],Ke=6;function qe({hours:e}){let t=Number(e??Ke);return Ge.find(e=>e>=t)??24}function Je(e){let{entity:t,others:n,layout:r}=e;return r===`wall`?[.../* @__PURE__ */ new Set([t,...n??[]])]:[t]}function Ye(e){if(typeof e.entity!=`string`||!e.entity.includes(`.`))throw Error(`An entity is needed`);return e}var Xe={integration:`glucose_follow`,domain:`sensor`,device_class:`blood_glucose_concentration`},V={field:`layout`,value:`wall`},Ze={name:`entity`,required:!0,selector:{entity:{filter:Xe}}},Qe={name:`name`,selector:{text:{}}};function $e(e){let{layouts:t,hours:n}=a(e);return tt(e,[Ze,{name:`layout`,default:`card`,selector:{select:{mode:`dropdown`,options:[{value:`card`,label:t.card},{value:`wall`,label:t.wall}]}}},{name:`others`,selector:{entity:{multiple:!0,filter:Xe}},visible:V},{name:`hours`,default:`6`,selector:{select:{mode:`dropdown`,options:Ge.map(e=>({value:String(e),label:n.replace(`{hours}`,String(e))}))}}},Qe,{name:`treatments`,default:!0,selector:{boolean:{}}},{name:`forecast`,default:!0,selector:{boolean:{}}},{name:`facts`,default:!0,selector:{boolean:{}}},{name:`today`,default:!0,selector:{boolean:{}}},{name:`dim_from`,selector:{time:{no_second:!0}},visible:V},{name:`dim_until`,selector:{time:{no_second:!0}},visible:V}])}function et(e){return tt(e,[Ze,Qe])}function tt(e,t){let{form:n,help:r}=a(e);return{schema:t,computeLabel:({name:e})=>n[e]??e,computeHelper:({name:e})=>r[e]}}var H=[`urgent_low`,`low`,`in_range`,`high`,`urgent_high`];function nt(e,t){return e<=t.urgent_low?`urgent_low`:e<t.low?`low`:e>=t.urgent_high?`urgent_high`:e>t.high?`high`:`in_range`}function U([,e,t],n){return t===0?nt(e,n):t<0?`urgent_low`:`urgent_high`}var W=6e4,G=60*W,K=24*G,rt=18.016,it=40,at=400,ot={comma_decimal:`en-US`,decimal_comma:`de`,space_comma:`fr`,quote_decimal:`de-CH`,system:void 0},st=`−`,ct={day:`numeric`,month:`short`,hour:`numeric`,minute:`2-digit`},lt=class{constructor({locale:e,config:t}){this.made=/* @__PURE__ */ new Map;let{language:n,number_format:r,time_format:i,time_zone:o}=e;this.language=n,this.words=a(n),this.numbers=r in ot?ot[r]:n,this.timeZone=o===`server`?t.time_zone:void 0,this.timeStyle=pt(i)}kept(e,t){return this.made.has(e)||this.made.set(e,t()),this.made.get(e)}number(e,t,n=!1){return this.kept(`number ${t} ${n}`,()=>this.formatter({maximumFractionDigits:t,minimumFractionDigits:n?t:0})).format(e)}share(e){return this.kept(`share`,()=>this.formatter({style:`percent`,maximumFractionDigits:0})).format(e)}glucose(e,t){return this.number(ut(e,t),dt(t),!0)}reading([,e,t],n){return t===0?this.glucose(e,n):`\u2066${t<0?`<`:`>`}${this.glucose(ft(t),n)}\u2069`}readingInWords([,e,t],n){return t===0?`${this.glucose(e,n)} ${n}`:r(t<0?this.words.below:this.words.above,{value:`${this.glucose(ft(t),n)} ${n}`})}delta(e,t){let n=dt(t);return`\u2066${this.kept(`delta ${n}`,()=>this.formatter({maximumFractionDigits:n,minimumFractionDigits:n,signDisplay:`exceptZero`})).format(ut(e,t)).replace(`-`,st)}\u2069`}insulin(e){return r(this.words.units,{amount:this.number(e,2)})}carbs(e){return this.unit(Math.round(e),`gram`)}treatment([,e,t,n]){let i=[];if(e!==null){let t=this.insulin(e);i.push(n?r(this.words.automatic,{amount:t}):t)}return t!==null&&i.push(this.carbs(t)),i.join(` · `)}time(e){return this.clock(`time`,{hour:`numeric`,minute:`2-digit`},e)}moment(e,t){return t-e<K-4*G?this.time(e):this.clock(`moment`,ct,e)}hour(e){let t=this.kept(`is12`,()=>this.is12())?{hour:`numeric`}:{hour:`2-digit`,minute:`2-digit`};return this.clock(`hour`,t,e)}duration(e){return e<2*G?this.unit(Math.floor(e/W),`minute`):e<2*K?this.unit(Math.floor(e/G),`hour`):this.unit(Math.floor(e/K),`day`)}hours(e){return this.unit(e,`hour`,`long`)}ago(e){return e<W?this.words.justNow:e<2*G?this.relative(Math.floor(e/W),`minute`):e<2*K?this.relative(Math.floor(e/G),`hour`):this.relative(Math.floor(e/K),`day`)}relative(e,t){return this.kept(`relative`,()=>new Intl.RelativeTimeFormat(this.language,{style:`short`})).format(-e,t)}unit(e,t,n=`short`){return this.kept(`unit ${t} ${n}`,()=>new Intl.NumberFormat(this.language,{style:`unit`,unit:t,unitDisplay:n,maximumFractionDigits:0})).format(e)}formatter(e){return new Intl.NumberFormat(this.numbers,{useGrouping:!1,...e})}clock(e,t,n){return this.kept(`clock ${e}`,()=>new Intl.DateTimeFormat(this.language,{...t,...this.timeStyle,...this.timeZone&&{timeZone:this.timeZone}})).format(n)}is12(){return new Intl.DateTimeFormat(this.language,{hour:`numeric`,...this.timeStyle}).resolvedOptions().hour12===!0}};function ut(e,t){return t===`mg/dL`?e:e/rt}function dt(e){return e===`mg/dL`?0:1}function ft(e){return e<0?it:at}function pt(e){if(e===`12`||e===`24`)return{hourCycle:e===`12`?`h12`:`h23`};if(e===`system`){let{hourCycle:e}=new Intl.DateTimeFormat(void 0,{hour:`numeric`}).resolvedOptions();return{hourCycle:e}}return{}}function q(e,t){let{notice:n}=t.words;return e.kind===`stale`?r(n.stale,{duration:t.duration(e.age)}):n[e.kind]}function mt({newest_at:e},t,n){return e===null?``:r(n.words.lastReading,{time:n.moment(e,t)})}function ht(e,t,n,r,i,a){let{words:o}=a,{direction:s,delta:c,unit:l}=e;return[t,...n.kind===`current`?[a.readingInWords(n.reading,l),r&&o.range[r],s&&o.direction[s],c!==null&&a.delta(c,l),a.ago(i-n.reading[0])]:[q(n,a),mt(e,i,a)]].filter(Boolean).join(`, `)}var gt={double_up:-90,single_up:-90,forty_five_up:-45,flat:0,forty_five_down:45,single_down:90,double_down:90},_t=`M3.5 12h16M13 5.5l6.5 6.5-6.5 6.5`,vt=`M4 6.5h15M15 2.5l4 4-4 4M4 17.5h15M15 13.5l4 4-4 4`;function yt(e){return j`<svg class="arrow" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${e.startsWith(`double`)?vt:_t} transform="rotate(${gt[e]} 12 12)" />
  </svg>`}var bt={urgent_low:`M5 5l7 7 7-7M5 12l7 7 7-7`,low:`M5 9l7 7 7-7`,in_range:`M5 12.5l4.5 4.5L19 7.5`,high:`M5 15l7-7 7 7`,urgent_high:`M5 12l7-7 7 7M5 19l7-7 7 7`,notice:`M12 3.5L22 20.5H2ZM12 10v4.5M12 17.5v.2`,snooze:`M5 5h6l-6 8h6M14 11h5l-5 7h5`,close:`M6 6l12 12M18 6L6 18`};function J(e){return j`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${bt[e]} />
  </svg>`}function xt(e,t,n){if(!e)return{kind:`waiting`};if(n>=6e4)return{kind:`disconnected`};if(!e.available)return{kind:`unavailable`};let{fresh_until:r,latest:i,newest_at:a,sensor_status:o}=e;return i&&r!==null&&t<r?{kind:`current`,reading:i}:o===`warmup`||o===`sensor_error`?{kind:o}:a===null?{kind:`no_data`}:{kind:`stale`,age:t-a}}function St(e,{kind:t}){return!e||t!==`disconnected`&&t!==`unavailable`?e:{...e,status:{insulin_on_board:null,carbs_on_board:null},forecast:null,low_in:null,alarms:{active:null,snoozed_until:null}}}var Ct=2e3,wt=1e4,Tt=class{constructor(){this.value=-1/0,this.doubted=null}learn(e,t){if(e>=this.value-Ct){this.value=Math.max(this.value,e),this.doubted=null;return}let{doubted:n}=this;!n||Math.abs(e-n.offset)>Ct?this.doubted={offset:e,steady:t}:t-n.steady>=wt&&(this.value=e,this.doubted=null)}theirs(e){return e+this.value}},Et=class{constructor(){this.wall=new Tt,this.steady=new Tt,this.heardAt=null}hear(e,t){this.heardAt=e,t!==void 0&&(this.wall.learn(t-e.wall,e.steady),this.steady.learn(t-e.steady,e.steady))}now(e){return Math.max(this.wall.theirs(e.wall),this.steady.theirs(e.steady))}silence(e){return this.heardAt?Math.max(e.wall-this.heardAt.wall,e.steady-this.heardAt.steady):1/0}},Dt=864e5;function Ot(e,t){let{readings:n,...r}=t;return n&&t.replaces?{...e,...r,readings:n}:e?{...e,...r,readings:n?kt(e.readings,n):e.readings}:null}function kt(e,t){let n=new Map(e.map(e=>[e[0],e]));for(let e of t)n.set(e[0],e);let r=[...n.values()].sort(([e],[t])=>e-t),i=r.at(-1)?.[0]??0;return r.filter(([e])=>e>i-Dt)}var At=30,jt=1e4;function Mt(){return{wall:Date.now(),steady:performance.now()}}var Nt=class{constructor(e,t,n){this.connection=e,this.entityId=t,this.ended=n,this.clock=new Et,this.person=null,this.refusal=null,this.listeners=/* @__PURE__ */ new Set,this.attempt=0,this.refused=0,this.stop=null,this.reconnected=()=>{this.refused=0,this.subscribe()},this.disconnected=()=>{this.stop=null,this.leave()},this.watch=()=>{this.stop&&this.clock.silence(Mt())>=6e4&&this.subscribe()}}listen(e){return this.listeners.add(e),this.listeners.size===1&&this.begin(),()=>{this.listeners.delete(e)&&this.listeners.size===0&&this.end()}}begin(){this.connection.addEventListener(`ready`,this.reconnected),this.connection.addEventListener(`disconnected`,this.disconnected),this.look=setInterval(this.watch,jt),this.subscribe()}end(){this.connection.removeEventListener(`ready`,this.reconnected),this.connection.removeEventListener(`disconnected`,this.disconnected),clearInterval(this.look),this.leave(),this.ended()}subscribe(){this.leave();let e=this.attempt,t=t=>{e===this.attempt&&this.hear(t)},n={type:`glucose_follow/subscribe`,entity_id:this.entityId};this.connection.subscribeMessage(t,n,{resubscribe:!1}).then(t=>{this.accepted(e,t)},t=>{this.denied(e,t)})}leave(){this.attempt+=1,clearTimeout(this.retry),this.stop&&=(Pt(this.stop),null)}accepted(e,t){e===this.attempt?this.stop=t:Pt(t)}denied(e,t){if(e!==this.attempt)return;let n=Ft(t);this.refusal=n===`not_found`||n===`unauthorized`?n:null;let r=Math.min(2**this.refused,At);this.refused+=1,this.retry=setTimeout(()=>{this.subscribe()},r*1e3),this.tell()}hear(e){this.clock.hear(Mt(),e.now),this.refusal=null,this.refused=0,this.person=Ot(this.person,e),this.tell()}tell(){for(let e of this.listeners)e()}};function Pt(e){Promise.resolve().then(e).catch(()=>void 0)}function Ft(e){return typeof e==`object`&&e&&`code`in e?e.code:void 0}var It=/* @__PURE__ */ new WeakMap;function Lt(e,t){let n=It.get(e);n||(n=/* @__PURE__ */ new Map,It.set(e,n));let r=n,i=r.get(t);return i||(i=new Nt(e,t,()=>r.delete(t)),r.set(t,i)),i}var Rt=1e3,zt=6e4,Bt=class{constructor(e){this.host=e,this.feed=null,this.leave=null,this.shown=``,this.connection=null,this.entityId=``,this.heard=()=>{this.shown=Ht(this.view()),this.host.requestUpdate()},this.tick=()=>{let e=Ht(this.view());e!==this.shown&&(this.shown=e,this.host.requestUpdate())},e.addController(this)}follow(e,t){(e!==this.connection||t!==this.entityId)&&(this.connection=e,this.entityId=t,this.host.isConnected&&this.begin())}hostConnected(){this.timer=setInterval(this.tick,Rt),document.addEventListener(`visibilitychange`,this.tick),this.begin()}hostDisconnected(){clearInterval(this.timer),document.removeEventListener(`visibilitychange`,this.tick),this.leave?.(),this.leave=null}view(){let{feed:e}=this;if(!e)return Vt;let t=Mt(),n=e.clock.now(t),r=xt(e.person,n,e.clock.silence(t));return{person:St(e.person,r),currentness:r,now:n,refusal:e.refusal}}begin(){this.leave?.(),this.leave=null,this.connection&&this.entityId&&(this.feed=Lt(this.connection,this.entityId),this.leave=this.feed.listen(this.heard),this.heard())}},Vt={person:null,currentness:{kind:`waiting`},now:-1/0,refusal:null};function Ht({person:e,currentness:{kind:t},now:n}){let r=n-(e?.newest_at??n);return[t,Math.floor(r/zt),Math.floor(n/zt)].join(` `)}var Ut={text:{urgent_low:`#a3123a`,low:`#c02a24`,in_range:`#1a7051`,high:`#8f5300`,urgent_high:`#9a3f00`},dot:{urgent_low:`#b3123f`,low:`#df453c`,in_range:`#23916a`,high:`#c97200`,urgent_high:`#b34a00`},bolus:`#2b66c4`,carbs:`#8447bd`},Wt={text:{urgent_low:`#ff8098`,low:`#ff8f85`,in_range:`#62d0a6`,high:`#f3b858`,urgent_high:`#ff9d5c`},dot:{urgent_low:`#ff5577`,low:`#ff7d72`,in_range:`#45bd90`,high:`#eca93b`,urgent_high:`#ff8a3d`},bolus:`#7fb0ff`,carbs:`#c79bf0`},Gt={urgent_low:.14,low:.08,in_range:.1,high:.05,urgent_high:.09},Kt=.13,qt=.65;function Jt(e){let t=H.flatMap(t=>[[`text-${t}`,e.text[t]],[`dot-${t}`,e.dot[t]]]);return t.push([`bolus`,e.bolus],[`carbs`,e.carbs]),t.map(([e,t])=>`--gf-${e}:${t};`).join(``)}var Yt=_`
  :host {
    ${g(Jt(Ut))}
  }
  :host([dark]) {
    ${g(Jt(Wt))}
  }
`;function Y(e){return g(H.map(e).join(`
`))}var Xt=_`
  :host {
    display: block;
    position: relative;
    min-height: 0;
    /* Time goes from left to right in every language. */
    direction: ltr;
  }
  .graph {
    position: absolute;
    inset: 0;
    border-radius: 8px;
    outline: none;
    cursor: crosshair;
    touch-action: pan-y;
    -webkit-tap-highlight-color: transparent;
  }
  .graph:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    display: block;
    overflow: visible;
    font-family: inherit;
  }
  text {
    font-size: 11px;
    fill: var(--secondary-text-color);
    font-variant-numeric: tabular-nums;
    paint-order: stroke;
    stroke: var(--card-background-color, #fff);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  .bands rect {
    stroke: none;
  }
  ${Y(e=>`.bands .${e}{fill:var(--gf-dot-${e});opacity:${Gt[e]}}`)}
  .hours path {
    stroke: var(--divider-color);
    stroke-width: 1;
    opacity: 0.6;
    shape-rendering: crispEdges;
  }
  .limits path {
    stroke: var(--secondary-text-color);
    stroke-width: 1;
    stroke-dasharray: 2 4;
    opacity: 0.55;
  }
  .line {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 1.5;
    stroke-linejoin: round;
    opacity: 0.35;
  }
  .dots path {
    fill: none;
    stroke-linecap: round;
  }
  ${Y(e=>`.dots .${e}{stroke:var(--gf-dot-${e})}`)}
  .newest {
    fill: none;
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
  }
  .expected .area {
    fill: var(--secondary-text-color);
    opacity: 0.16;
  }
  .expected .middle {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 1.5;
    stroke-dasharray: 1 4;
    stroke-linecap: round;
  }
  .marks .bolus,
  .marks .automatic {
    fill: var(--gf-bolus);
  }
  .marks .automatic {
    opacity: 0.55;
  }
  .marks .carbs {
    fill: var(--gf-carbs);
  }
  .cross path {
    stroke: var(--primary-text-color);
    stroke-width: 1;
    opacity: 0.5;
  }
  .cross circle {
    stroke: var(--card-background-color, #fff);
    stroke-width: 2;
    fill: var(--secondary-text-color);
  }
  ${Y(e=>`.cross .${e}{fill:var(--gf-dot-${e})}`)}
  .old .dots path,
  .old .newest {
    stroke: var(--gf-old, var(--secondary-text-color));
  }
  .old .dots {
    opacity: 0.7;
  }
  .details {
    position: absolute;
    top: -8px;
    display: flex;
    flex-direction: column;
    gap: 2px;
    padding: 6px 10px;
    border-radius: 10px;
    font-size: 13px;
    line-height: 1.35;
    white-space: nowrap;
    pointer-events: none;
    color: var(--primary-text-color);
    background: var(--card-background-color, #fff);
    box-shadow:
      0 0 0 1px var(--divider-color),
      0 4px 14px rgb(0 0 0 / 18%);
    font-variant-numeric: tabular-nums;
  }
  .details .what {
    font-weight: 500;
    unicode-bidi: plaintext;
  }
  .details .done {
    color: var(--secondary-text-color);
    unicode-bidi: plaintext;
  }
`,Zt=_`
  ${Yt}
  :host {
    display: block;
    container-type: inline-size;
    color: var(--primary-text-color);
  }
  * {
    box-sizing: border-box;
  }
  .person {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 16px;
  }
  .top {
    display: flex;
    justify-content: space-between;
    align-items: flex-start;
    gap: 12px;
    min-height: 108px;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: none;
    margin: 0;
    padding: 0;
    cursor: pointer;
    text-align: start;
    -webkit-tap-highlight-color: transparent;
  }
  button:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 4px;
    border-radius: 8px;
  }
  .head {
    display: flex;
    flex-direction: column;
    min-width: 0;
  }
  .name {
    font-size: 14px;
    line-height: 20px;
    font-weight: 500;
    color: var(--secondary-text-color);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .now {
    display: flex;
    align-items: center;
    gap: 8px;
    height: 64px;
  }
  .value {
    font-size: 60px;
    line-height: 64px;
    font-weight: 500;
    letter-spacing: -0.03em;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  ${Y(e=>e===`in_range`?``:`.value.${e},.arrow.${e}{color:var(--gf-text-${e})}`)}
  .arrow {
    display: flex;
    flex: none;
  }
  .arrow svg {
    width: 40px;
    height: 40px;
  }
  svg {
    fill: none;
    stroke: currentcolor;
    stroke-width: 2.4;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .sub {
    font-size: 15px;
    line-height: 24px;
    color: var(--secondary-text-color);
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .sub .delta {
    color: var(--primary-text-color);
    font-weight: 500;
  }
  .side {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: 8px;
    min-width: 0;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 30px;
    padding: 4px 12px 4px 10px;
    padding-inline: 10px 12px;
    border-radius: 15px;
    font-size: 14px;
    line-height: 18px;
    font-weight: 500;
  }
  .sign {
    flex: none;
    width: 16px;
    height: 16px;
    stroke-width: 2.6;
  }
  ${Y(e=>`.chip.${e}{color:var(--gf-text-${e});background:color-mix(in srgb,var(--gf-text-${e}) ${Kt*100}%,transparent)}`)}
  .chip.notice {
    color: var(--primary-text-color);
    box-shadow: inset 0 0 0 2px var(--secondary-text-color);
  }
  .chip.quiet {
    color: var(--secondary-text-color);
    padding-inline: 0;
    font-weight: 400;
    min-height: 0;
  }
  .old .value {
    color: var(--gf-old, var(--secondary-text-color));
    text-decoration: line-through;
    text-decoration-thickness: 0.07em;
  }
  .snooze {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 40px;
    padding-inline: 14px 16px;
    border-radius: 20px;
    font-size: 14px;
    font-weight: 500;
    color: var(--card-background-color, #fff);
    background: var(--primary-text-color);
  }
  .alarmed .chip:not(.quiet) {
    box-shadow: inset 0 0 0 2px currentcolor;
    animation: alarm 1.6s ease-in-out infinite;
  }
  @keyframes alarm {
    50% {
      box-shadow:
        inset 0 0 0 2px currentcolor,
        0 0 0 5px color-mix(in srgb, currentcolor 30%, transparent);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .alarmed .chip:not(.quiet) {
      animation: none;
    }
  }
  glucose-follow-graph,
  .space {
    height: 224px;
  }
  @container (min-width: 640px) {
    glucose-follow-graph,
    .space {
      height: 288px;
    }
  }
  .below {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .facts {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(0, 1fr);
    gap: 12px;
    margin: 0;
    font-size: 13px;
    line-height: 18px;
  }
  .facts div {
    display: flex;
    flex-direction: column-reverse;
    justify-content: flex-end;
  }
  .facts dt {
    color: var(--secondary-text-color);
  }
  .facts dd {
    margin: 0;
    font-size: 16px;
    line-height: 22px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  .today {
    display: flex;
    flex-direction: column;
    gap: 6px;
    font-size: 13px;
    line-height: 18px;
  }
  .today .words {
    display: flex;
    justify-content: space-between;
    flex-wrap: wrap;
    gap: 0 12px;
    color: var(--secondary-text-color);
  }
  .today .words strong {
    font-weight: 500;
    color: var(--primary-text-color);
  }
  .bar {
    display: flex;
    gap: 2px;
    height: 8px;
    border-radius: 4px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .bar span {
    min-width: 2px;
  }
  ${Y(e=>`.bar .${e}{background:var(--gf-dot-${e})}`)}
  .choice {
    position: absolute;
    inset-inline-end: 16px;
    top: 90px;
    z-index: 2;
    display: flex;
    flex-direction: column;
    padding: 6px;
    border-radius: 14px;
    background: var(--card-background-color, #fff);
    box-shadow:
      0 0 0 1px var(--divider-color),
      0 8px 28px rgb(0 0 0 / 24%);
  }
  .choice button {
    min-height: 44px;
    padding: 0 18px;
    border-radius: 10px;
    font-size: 15px;
  }
  .choice button:hover {
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  .refusal {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 60px;
    color: var(--secondary-text-color);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
    margin: 0;
  }

  /* A wall: one person fills what there is, to be read from four metres. */
  :host([wall]) {
    container-type: size;
    height: 100%;
  }
  [data-wall] {
    height: 100%;
    padding: 3cqmin 4cqmin;
    gap: 2cqmin;
  }
  [data-wall] .top {
    position: relative;
    min-height: 0;
  }
  [data-wall] .side {
    position: absolute;
    inset-block-start: 0;
    inset-inline-end: 0;
    flex-direction: row-reverse;
    align-items: center;
  }
  [data-wall] .head {
    max-width: 100%;
  }
  [data-wall] .name {
    font-size: clamp(18px, 5cqmin, 48px);
    line-height: 1.4;
    max-width: 40cqw;
  }
  [data-wall] .now {
    height: auto;
    gap: 2cqmin;
  }
  [data-wall] .value {
    font-size: min(30cqw, 44cqh);
    line-height: 1;
  }
  [data-wall] .arrow svg {
    width: min(18cqw, 28cqh);
    height: min(18cqw, 28cqh);
  }
  [data-wall] .sub {
    font-size: clamp(18px, 5.5cqmin, 52px);
    line-height: 1.4;
  }
  [data-wall] .chip {
    font-size: clamp(16px, 4.6cqmin, 40px);
    line-height: 1.2;
    min-height: 0;
    padding: 0.3em 0.7em;
    border-radius: 2em;
    white-space: nowrap;
  }
  [data-wall] .chip .sign {
    width: 1.1em;
    height: 1.1em;
  }
  [data-wall] glucose-follow-graph,
  [data-wall] .space {
    flex: 1;
    height: auto;
    min-height: 80px;
  }
  [data-wall] .facts,
  [data-wall] .today {
    font-size: clamp(13px, 2.4cqmin, 22px);
    line-height: 1.35;
  }
  [data-wall] .facts dd {
    font-size: clamp(16px, 3.4cqmin, 32px);
    line-height: 1.35;
  }
  [data-wall] .bar {
    height: clamp(8px, 1.6cqmin, 14px);
    border-radius: 1em;
  }
  [data-wall] .snooze {
    font-size: clamp(16px, 4cqmin, 32px);
    min-height: 48px;
    padding-inline: 0.8em 1em;
    border-radius: 2em;
    white-space: nowrap;
  }
  @container (min-aspect-ratio: 11/10) {
    [data-wall] .value {
      font-size: min(30cqw, 40cqh);
    }
    [data-wall] .below {
      flex-direction: row;
      align-items: flex-end;
      gap: 4cqw;
    }
    [data-wall] .below > * {
      flex: 1;
    }
  }
`,Qt=_`
  :host {
    display: block;
    height: 100%;
  }
  ha-card {
    display: block;
    position: relative;
    height: 100%;
    overflow: hidden;
  }
  .wall {
    display: grid;
    grid-auto-flow: row;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
    grid-auto-rows: 1fr;
    gap: 1px;
    height: calc(100dvh - var(--header-height, 56px));
    min-height: 320px;
    background: var(--divider-color);
    overflow: hidden;
  }
  @media (orientation: portrait) {
    .wall {
      grid-template-columns: 1fr;
    }
  }
  .wall > * {
    background: var(--card-background-color, #fff);
  }
  .wall.night,
  .wall.night > * {
    background: #000;
  }
  .wall.night > * {
    --primary-text-color: #e1e1e1;
    --secondary-text-color: #e1e1e1;
    --gf-old: #9b9b9b;
    --divider-color: #333;
    --card-background-color: #000;
  }
  .wall.night > .calm {
    opacity: ${qt};
  }
`,$t=_`
  ${Yt}
  :host {
    display: inline-block;
    -webkit-tap-highlight-color: transparent;
  }
  button {
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: var(--ha-badge-size, 36px);
    padding: 0 12px;
    font: inherit;
    color: var(--primary-text-color);
    background: var(--ha-card-background, var(--card-background-color, #fff));
    border: var(--ha-card-border-width, 1px) solid
      var(--ha-card-border-color, var(--divider-color, #e0e0e0));
    border-radius: var(--ha-badge-border-radius, 18px);
    box-shadow: var(--ha-card-box-shadow, none);
    cursor: pointer;
    white-space: nowrap;
  }
  button:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    flex: none;
    width: 20px;
    height: 20px;
    margin-inline-start: -4px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 2.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .info {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    line-height: 1.2;
  }
  .name {
    font-size: 10px;
    line-height: 11px;
    font-weight: 500;
    color: var(--secondary-text-color);
  }
  .value {
    font-size: 14px;
    line-height: 17px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  ${Y(e=>e===`in_range`?``:`.${e}{color:var(--gf-text-${e})}`)}
  .old .value {
    color: var(--secondary-text-color);
  }
  .old s {
    text-decoration-thickness: 2px;
  }
`,en=class extends B{static{this.properties={config:{state:!0},dark:{type:Boolean,reflect:!0}}}static{this.styles=$t}static getConfigForm(){return et(document.documentElement.lang)}static getStubConfig(e){return{entity:l(e)[0]?.entityId??``}}constructor(){super(),this.known=null,this.format=null,this.live=new Bt(this),this.more=()=>{this.dispatchEvent(new CustomEvent(`hass-more-info`,{detail:{entityId:this.config?.entity},bubbles:!0,composed:!0}))},this.config=null,this.dark=!1}setConfig(e){this.config=Ye(e)}set hass(e){let{known:t}=this;this.known=e,this.dark=e.themes.darkMode??!1,(t?.locale!==e.locale||t.config!==e.config)&&(this.format=new lt(e),this.requestUpdate()),t?.connection!==e.connection&&this.requestUpdate()}willUpdate(){this.known&&this.config&&this.live.follow(this.known.connection,this.config.entity)}render(){let{config:e,format:t}=this;if(!e||!t)return N;let{person:n,currentness:r,now:i,refusal:a}=this.live.view(),o=r.kind===`current`,s=o?n?.latest??null:null,c=n&&s?n.range??U(s,n.thresholds):null,l=e.name??n?.name??``,u=n?ht(n,l,r,c,i,t):t.words.notice.waiting,d=n?.readings.at(-1),f=`–`;return a===`not_found`||a===`unauthorized`?f=t.words.notice[a]:n&&s?f=`${t.reading(s,n.unit)} ${n.unit}`:n&&r.kind!==`current`&&(f=A`${d?A`<s>${t.reading(d,n.unit)}</s> `:N}${q(r,t)}`),A`<button
      class=${o?``:`old`}
      aria-label=${u}
      @click=${this.more}
    >
      <span class=${c??``}>
        ${o&&n?.direction?yt(n.direction):J(c??`notice`)}
      </span>
      <span class="info">
        <span class="name">${l}</span>
        <span class="value ${c??``}"><bdi>${f}</bdi></span>
      </span>
    </button>`}};function tn(e){let t=/^(\d{1,2}):(\d{2})/.exec(e??``);return t?Number(t[1])*60+Number(t[2]):null}function nn(e,t,n,r){let i=tn(t),a=tn(n);if(i===null||a===null||!Number.isFinite(e))return!1;let[o,s]=new Intl.DateTimeFormat(`en`,{hour:`2-digit`,minute:`2-digit`,hourCycle:`h23`,...r&&{timeZone:r}}).format(e).split(`:`),c=Number(o)*60+Number(s);return i<=a?i<=c&&c<a:i<=c||c<a}var rn=6e4,an=class extends B{static{this.properties={config:{state:!0},isNight:{state:!0}}}static{this.styles=Qt}static getConfigForm(){return $e(document.documentElement.lang)}static getStubConfig(e){return{entity:l(e)[0]?.entityId??``,layout:`card`,hours:`6`}}constructor(){super(),this.known=null,this.format=null,this.tick=()=>{let{dim_from:e,dim_until:t}=this.config??{};this.isNight=nn(Date.now(),e,t,this.format?.timeZone)},this.config=null,this.isNight=!1}setConfig(e){this.config=Ye(e)}set hass(e){let{known:t}=this;this.known=e,(t?.locale!==e.locale||t.config!==e.config)&&(this.format=new lt(e)),(t?.locale!==e.locale||t.config!==e.config||t.themes!==e.themes||t.connection!==e.connection)&&this.requestUpdate()}getCardSize(){return 7}getGridOptions(){return this.config?.layout===`wall`?{columns:`full`,min_columns:6}:{columns:12,min_columns:6}}connectedCallback(){super.connectedCallback(),this.timer=setInterval(this.tick,rn/4)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer)}willUpdate(){this.tick()}render(){let{config:e,known:t,format:n}=this;if(!e||!t||!n)return N;let r=e.layout===`wall`,i=Je(e).map(i=>A`<glucose-follow-person
          .hass=${t}
          .config=${e}
          .format=${n}
          .entity=${i}
          .wall=${r}
          .dark=${(t.themes.darkMode??!1)||r&&this.isNight}
        ></glucose-follow-person>`);return A`<ha-card>
      ${r?A`<div class="wall ${this.isNight?`night`:``}">
              ${i}
            </div>`:i}
    </ha-card>`}},on=6e4,sn=60*on,cn=40,ln=[250,300,350],un=400;function X(e,t){let{start:n,end:r,width:i}=e;return fn((t-n)/(r-n)*i)}function Z(e,t){let{lowest:n,highest:r,top:i,bottom:a}=e;return fn(a-(Math.min(Math.max(t,n),r)-n)/(r-n)*(a-i))}function dn(e,t){let{start:n,end:r,width:i}=e;return n+t/i*(r-n)}function fn(e){return Math.round(e*10)/10}function pn(e,t,n){let r=Math.floor(e/on)*on,i=t*sn;return{start:r-i,end:r+Math.max(Math.min(n,i/6),i/40)}}function mn(e,{high:t}){let n=t+60;for(let[,t]of e)n=Math.max(n,t+15);return{lowest:cn,highest:ln.find(e=>e>=n)??un}}var hn=8;function gn(e,t,n){let{frame:r,limits:i,hours:a,expectation:o}=e,s=e.readings.at(-1);return j`
    <clipPath id="plot">
      <rect y=${r.top} width=${r.width} height=${r.bottom-r.top} rx=${hn} />
    </clipPath>
    <g class="bands" clip-path="url(#plot)">${e.bands.map(({range:e,y:t,height:n})=>j`<rect class=${e} y=${t} width=${r.width} height=${n} />`)}</g>
    <g class="hours">${a.map(({x:t,at:i})=>j`
        <path d="M${t} ${r.top}V${r.bottom}" />
        <text x=${t} y=${e.insulinY+15} text-anchor=${_n(t,r.width)}>${yn(n.hour(i))}</text>`)}</g>
    <g class="limits">${i.map(({y:e})=>j`<path d="M0 ${e}H${r.width}" />`)}</g>
    <g class="marks">${e.marks.map(t=>vn(t,e))}</g>
    ${o?j`<g class="expected" clip-path="url(#plot)">
            <path class="area" d=${o.area} />
            <path class="middle" d=${o.middle} />
          </g>`:N}
    <path class="line" d=${e.line} />
    <g class="dots" stroke-width=${e.dotSize}>${H.map(t=>j`<path class=${t} d=${e.dots[t]} />`)}</g>
    ${s?j`<circle class="newest" cx=${X(r,s[0])} cy=${Z(r,s[1])}
            r=${e.dotSize/2+3} />`:N}
    <g class="values">${i.map(({textY:e,mgdl:r})=>j`<text x="4" y=${e}>${n.glucose(r,t)}</text>`)}</g>`}function _n(e,t){return e<16?`start`:e>t-16?`end`:`middle`}function vn({kind:e,x:t,size:n,text:r},{carbsY:i,insulinY:a}){if(e===`carbs`)return j`<circle class=${e} cx=${t} cy=${i-1} r=${2.5+n*2.5} />
      <text class=${e} x=${t} y=${i+15} text-anchor="middle">${yn(r)}</text>`;let o=3+n*13,s=e===`bolus`?5:3;return j`<rect class=${e} x=${t-s/2} y=${a-o}
      width=${s} height=${o} rx=${s/2} />
    <text class=${e} x=${t} y=${a-o-4} text-anchor="middle">${yn(r)}</text>`}function yn(e){return e&&`\u2068${e}\u2069`}var bn=6e4,xn=3.5,Sn=11*bn;function Cn(e){let t=[];return e.reduce(([e],n)=>(t.push(n[0]-e),n),e[0]??[0]),t.sort((e,t)=>e-t),t[Math.floor(t.length/2)]??5*bn}function wn(e,t){let{start:n,end:r,width:i}=t,a=Cn(e)/(r-n)*i;return fn(Math.min(Math.max(a*.75,3),6))}function Tn(e,t,n){let r=Object.fromEntries(H.map(e=>[e,``]));for(let i of e){let[e,a]=i;r[U(i,n)]+=`M${X(t,e)} ${Z(t,a)}h0`}return r}function En(e,t){let n=Math.max(xn*Cn(e),Sn),r=``,i=-1/0;for(let[a,o]of e){let e=a-i>n?`M`:`L`;r+=`${e}${X(t,a)} ${Z(t,o)}`,i=a}return r}function Dn(e,t){let{start:n,period:r,mgdl:i,lowest:a,highest:o}=e,s=i.filter((e,i)=>n+i*r<=t.end).length;if(s<2)return null;let c=e=>e.slice(0,s).map((e,i)=>`${X(t,n+i*r)} ${Z(t,e)}`),l=a.length>=s&&o.length>=s,u=l?[...c(o),...[...c(a)].reverse()]:[];return{area:l?`M${u.join(`L`)}Z`:``,middle:`M${c(i).join(`L`)}`}}var On={bolus:10,automatic:22,carbs:14},kn={bolus:10,automatic:3,carbs:80};function An(e,t,n){let r=e.filter(([e])=>e>=t.start&&e<=n);return[`carbs`,`automatic`,`bolus`].flatMap(e=>jn(e,r,t))}function jn(e,t,n){let r=[];for(let i of t){let t=Nn(e,i);if(t===null)continue;let[a]=i,o=X(n,a),s=r.at(-1);s&&o-s.x<On[e]?r[r.length-1]=Mn({...s,amount:s.amount+t}):r.push(Mn({kind:e,x:o,at:a,amount:t,size:0}))}return r}function Mn(e){let t=Math.min(e.amount/kn[e.kind],1);return{...e,size:Math.sqrt(t)}}function Nn(e,[,t,n,r]){return e===`carbs`?n:r===(e===`automatic`)?t:null}function Pn(e,t,n){let r=[];for(let i of[...e].sort((e,t)=>t.size-e.size)){let e=t(i)/2,a=i.x-e>=0&&i.x+e<=n,o=r.every(n=>Math.abs(n.x-i.x)>=e+t(n)/2+4);a&&o&&r.push(i)}return new Set(r)}var Fn=9e5,In={3:1,6:1,12:2,24:4},Ln=44,Rn=/* @__PURE__ */ new Map;function zn(e,t,n,r,i){let a=In[n]??1;for(;n/a*Ln>r;)a*=2;let o=[];for(let n=Math.ceil(e/Fn)*Fn;n<t;n+=Fn){let{hour:e,isFull:t}=Bn(n,i);t&&e%a===0&&o.push(n)}return o}function Bn(e,t){let n=Rn.get(t);n||(n=new Intl.DateTimeFormat(`en`,{hour:`2-digit`,minute:`2-digit`,hourCycle:`h23`,...t&&{timeZone:t}}),Rn.set(t,n));let r=n.format(e);return{hour:parseInt(r,10),isFull:r.endsWith(`:00`)}}var Vn=18,Hn=26,Un=30,Wn=4,Gn=12,Kn=-4,qn=165,Jn=6.2;function Yn(e){let{forecast:t,now:n,hours:r,width:i,height:a,thresholds:o,timeZone:s}=e,{start:c,end:l}=pn(n,r,t?t.start+t.period*(t.mgdl.length-1)-n:0),u=e.readings.filter(([e])=>e>=c),d=a<qn?[]:e.treatments,f=Zn(d,c),p=a-Vn-2,m={width:i,start:c,end:l,top:f.carbs?Hn:Wn,bottom:p-(f.insulin?Un:Wn),...mn(u,o)};return{frame:m,readings:u,bands:Qn(m,o),limits:[Xn(m,o.low,Gn),Xn(m,o.high,Kn)],hours:zn(c,l,r,i,s).map(e=>({at:e,x:X(m,e)})),line:En(u,m),dots:Tn(u,m,o),dotSize:wn(u,m),expectation:t&&Dn(t,m),marks:$n({...e,treatments:d},m),carbsY:8,insulinY:p}}function Xn(e,t,n){let r=Z(e,t);return{mgdl:t,y:r,textY:r+n}}function Zn(e,t){let n=e.filter(([e])=>e>=t);return{carbs:n.some(([,,e])=>e!==null),insulin:n.some(([,e])=>e!==null)}}function Qn(e,t){let{urgent_low:n,low:r,high:i,urgent_high:a}=t,o={urgent_low:n,low:r,in_range:i,high:a,urgent_high:e.highest},s=e.bottom;return H.map(t=>{let n=Z(e,o[t]),r=s-n;return s=n,{range:t,y:n,height:r}})}function $n({treatments:e,now:t,width:n,amountOf:r},i){let a=An(e,i,t),o=e=>r(e).length*Jn,s=a.filter(({kind:e})=>e===`carbs`),c=a.filter(({kind:e})=>e===`bolus`),l=/* @__PURE__ */ new Set([...Pn(s,o,n),...Pn(c,o,n)]);return a.map(e=>({...e,text:l.has(e)?r(e):``}))}var er=6e4;function tr(e,t){let n=-1,r=1/0;return e.forEach(([e],i)=>{let a=Math.abs(e-t);a<r&&(r=a,n=i)}),n}function nr(e,t,n){return e.filter(([e])=>Math.abs(e-t)<=n)}function rr(e,t){let n=Math.round((t-e.start)/e.period),r=e.mgdl[n];return r===void 0?null:[e.start+n*e.period,r]}function ir(e,t){return Math.max(e/t*14,4*er)}var ar=6e4,or=48,sr=class extends B{static{this.properties={person:{attribute:!1},format:{attribute:!1},now:{attribute:!1},hours:{attribute:!1},isLarge:{attribute:!1},isCurrent:{attribute:!1},treatments:{attribute:!1},forecast:{attribute:!1},width:{state:!0},height:{state:!0},pointed:{state:!0}}}static{this.styles=Xt}constructor(){super(),this.graph=null,this.sizes=new ResizeObserver(([e])=>{e&&(this.width=Math.round(e.contentRect.width),this.height=Math.round(e.contentRect.height))}),this.point=e=>{let{graph:t}=this;if(!t)return;let n=e.currentTarget.getBoundingClientRect();this.pointed=this.at(dn(t.frame,(e.clientX-n.left)/this.zoom),t)},this.leave=()=>{this.pointed=null},this.press=e=>{let t=this.graph?.readings??[],n=t.length-1,r=this.pointed?tr(t,this.pointed.at):n,i={ArrowLeft:r-1,ArrowRight:r+1,ArrowDown:r-1,ArrowUp:r+1,PageDown:r-12,PageUp:r+12,Home:0,End:n}[e.key];e.key===`Escape`?this.pointed=null:i!==void 0&&(e.preventDefault(),this.pointed=cr(t[Math.min(Math.max(i,0),n)]))},this.width=0,this.height=0,this.pointed=null}connectedCallback(){super.connectedCallback(),this.sizes.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sizes.disconnect()}willUpdate(e){if(e.size>1||!e.has(`pointed`)){let e=this.width>=or&&this.height>=or;this.graph=e?this.made():null}}get zoom(){let{width:e,height:t,isLarge:n}=this,r=Math.min(e/480,t/150,2);return n?Math.max(r,1):1}made(){let{person:e,format:t}=this;return Yn({readings:e.readings,treatments:this.treatments?e.treatments:[],thresholds:e.thresholds,forecast:this.forecast&&this.isCurrent?e.forecast:null,now:this.now,hours:this.hours,width:this.width/this.zoom,height:this.height/this.zoom,timeZone:t.timeZone,amountOf:({kind:e,amount:n})=>e===`carbs`?t.carbs(n):t.insulin(n)})}render(){let{graph:e,pointed:t,person:n,format:i,width:a,height:o}=this;return e?A`
      <div
        class="graph ${this.isCurrent?``:`old`}"
        role="slider"
        tabindex="0"
        aria-label=${r(i.words.graph,{hours:i.hours(this.hours)})}
        aria-orientation="horizontal"
        aria-valuemin="0"
        aria-valuemax=${Math.max(e.readings.length-1,0)}
        aria-valuenow=${Math.max(tr(e.readings,t?.at??1/0),0)}
        aria-valuetext=${this.said(t??this.newest(e))}
        @pointermove=${this.point}
        @pointerdown=${this.point}
        @pointerleave=${this.leave}
        @pointercancel=${this.leave}
        @blur=${this.leave}
        @keydown=${this.press}
      >
        <svg
          viewBox="0 0 ${e.frame.width} ${o/this.zoom}"
          width=${a}
          height=${o}
          aria-hidden="true"
        >
          ${gn(e,n.unit,i)}
          ${t?this.cross(t,e):N}
        </svg>
        ${t?this.details(t,e):N}
      </div>
    `:N}cross({at:e,mgdl:t,reading:n},{frame:r}){let i=X(r,e),a=n?U(n,this.person.thresholds):`expected`;return j`<g class="cross">
      <path d="M${i} ${r.top}V${r.bottom}" />
      <circle class=${a} cx=${i} cy=${Z(r,t)} r="5.5" />
    </g>`}details(e,{frame:t}){let n=Math.min(Math.max(X(t,e.at)/t.width,0),1),r=this.done(e,t.end-t.start);return A`<div
      class="details"
      aria-hidden="true"
      style="left:${n*100}%;transform:translateX(${-n*100}%)"
    >
      <span class="what">${this.what(e)}</span>
      ${r.map(e=>A`<span class="done">${e}</span>`)}
    </div>`}said(e){return e?[this.what(e),...this.done(e,this.hours*60*ar)].join(`, `):this.format.words.notice.no_data}what({at:e,mgdl:t,reading:n}){let{format:i,person:a}=this,o=i.time(e);if(n){let e=U(n,a.thresholds);return`${o} · ${i.readingInWords(n,a.unit)} · ${i.words.range[e]}`}let s=`${i.glucose(t,a.unit)} ${a.unit}`;return r(i.words.expected,{time:o,value:s})}done({at:e,reading:t},n){return t&&this.treatments?nr(this.person.treatments,e,ir(n,this.width)).map(e=>this.format.treatment(e)):[]}newest({readings:e}){return cr(e.at(-1))}at(e,{readings:t}){let{forecast:n}=this.person,r=t.at(-1);if(n&&this.forecast&&this.isCurrent&&r&&e>r[0]){let t=rr(n,e);if(t&&t[0]>r[0])return{at:t[0],mgdl:t[1],reading:null}}return cr(t[tr(t,e)])}};function cr(e){return e?{at:e[0],mgdl:e[1],reading:e}:null}var lr=6e4,ur=60*lr,dr=7.5*lr;function fr(e,t){let n=pr(e,t),r=e-26*ur,i=e;for(;i-r>1;){let e=Math.floor((r+i)/2);pr(e,t)===n?i=e:r=e}return i}function pr(e,t){return hr(t).format(e)}var mr=/* @__PURE__ */ new Map;function hr(e){let t=mr.get(e);return t||(t=new Intl.DateTimeFormat(`en`,{year:`numeric`,month:`numeric`,day:`numeric`,...e&&{timeZone:e}}),mr.set(e,t)),t}function gr(e,t,n,r){let i=Object.fromEntries(H.map(e=>[e,0])),a=0;if(e.forEach((o,s)=>{let[c]=o,l=Math.min(e[s+1]?.[0]??r,r),u=Math.min(l,c+dr)-Math.max(c,n);u>0&&(i[U(o,t)]+=u,a+=u)}),a===0)return null;for(let e of H)i[e]/=a;return i}var Q=6e4,_r=[15,30,60,120],vr=30,yr=class extends B{static{this.properties={hass:{attribute:!1},config:{attribute:!1},format:{attribute:!1},entity:{type:String},wall:{type:Boolean,reflect:!0},dark:{type:Boolean,reflect:!0},isChoosing:{state:!0},hasFailed:{state:!0}}}static{this.styles=Zt}constructor(){super(),this.live=new Bt(this),this.more=()=>{this.dispatchEvent(new CustomEvent(`hass-more-info`,{detail:{entityId:this.entity},bubbles:!0,composed:!0}))},this.choose=()=>{this.isChoosing=!this.isChoosing,this.hasFailed=!1},this.press=e=>{e.key===`Escape`&&(this.isChoosing=!1)},this.isChoosing=!1,this.hasFailed=!1}willUpdate(){this.live.follow(this.hass.connection,this.entity)}updated(e){e.has(`isChoosing`)&&this.focusOn(this.isChoosing?`.choice button`:`.snooze`);let{currentness:t,person:n}=this.live.view(),r=t.kind===`current`&&!n?.alarms.active&&this.rangeOf(n)===`in_range`;this.classList.toggle(`calm`,r)}render(){let e=this.live.view(),{person:t,currentness:n,refusal:r}=e,i=n.kind===`current`;if(r)return this.refused(r);let a=t?.alarms.active??null;return A`
      <div
        class="person ${i?``:`old`} ${a?`alarmed`:``}"
        ?data-wall=${this.wall}
      >
        <div class="top">
          ${this.head(e)}
          <div class="side">${this.side(e,a)}</div>
        </div>
        ${t?this.graph(t,e):A`<div class="space"></div>`}
        ${t?this.below(t,e):N}
        ${this.isChoosing&&a?this.choice(a):N}
        <p class="unseen" role="status">${this.told(e,a)}</p>
      </div>
    `}refused(e){let t=this.format.words.notice,n=e===`unauthorized`?t.unauthorized:t.not_found;return A`<div class="person" ?data-wall=${this.wall}>
      <p class="refusal" role="status">${J(`notice`)} ${n}</p>
    </div>`}head({person:e,currentness:t,now:n}){let{format:r}=this,i=this.config.name&&!this.wall?this.config.name:e?.name,a=this.rangeOf(e),o=t.kind===`current`,s=e?.latest??e?.readings.at(-1);return A`<button class="head" aria-label=${e&&i?ht(e,i,t,a,n,r):r.words.notice.waiting} @click=${this.more}>
      <span class="name">${i??`\xA0`}</span>
      <span class="now">
        <span class="value ${o?a??``:``}"
          >${s&&e?r.reading(s,e.unit):`–`}</span
        >
        ${o&&e?.direction?A`<span class="arrow ${a??``}"
                >${yt(e.direction)}</span
              >`:N}
      </span>
      <span class="sub">${this.sub(e,o,n)}</span>
    </button>`}sub(e,t,n){let{format:r}=this;if(!e?.newest_at)return`\xA0`;let{delta:i,unit:a,newest_at:o}=e;return t?A`${i===null?N:A`<span class="delta">${r.delta(i,a)}</span> `}<bdi>${a}</bdi> · ${r.ago(n-o)}`:mt(e,n,r)}side({person:e,currentness:t,now:n},r){let{words:i}=this.format,a=this.rangeOf(e);if(t.kind!==`current`)return A`<span class="chip notice"
          >${J(`notice`)}${q(t,this.format)}</span
        >${r?this.snoozeButton():N}`;if(r){let e=H.find(e=>e===r)??a??`low`;return A`<span class="chip ${e}"
          >${J(e)}${i.alarm.level[r]}</span
        >${this.snoozeButton()}`}return A`${a?A`<span class="chip ${a}"
            >${J(a)}${i.range[a]}</span
          >`:N}${this.aside(e,n)}`}aside(e,t){let{format:n}=this,i=e?.alarms.snoozed_until??null,a=e?.low_in??null;if(a!==null&&a>0){let e=n.duration(a*Q),t=r(n.words.lowIn,{duration:e});return A`<span class="chip low">${J(`low`)}${t}</span>`}if(i!==null&&i>t){let e=n.time(i),t=r(n.words.alarm.snoozedUntil,{time:e});return A`<span class="chip quiet">${J(`snooze`)}${t}</span>`}return N}snoozeButton(){let{alarm:e}=this.format.words;return A`<button
        class="snooze"
        aria-expanded=${this.isChoosing?`true`:`false`}
        @click=${this.choose}
      >
        ${J(`snooze`)}${e.snooze}
      </button>
      ${this.hasFailed?A`<span class="chip quiet">${e.failed}</span>`:N}`}choice(e){let{words:t}=this.format,n=e===`urgent_low`?vr:1/0;return A`<div class="choice" @keydown=${this.press}>
      ${_r.filter(e=>e<=n).map(e=>A`<button
            @click=${()=>{this.snooze(e)}}
          >
            ${r(t.alarm.snoozeFor,{duration:this.format.duration(e*Q)})}
          </button>`)}
      <button @click=${this.choose}>${t.alarm.close}</button>
    </div>`}graph(e,{now:t,currentness:n}){return A`<glucose-follow-graph
      .person=${e}
      .format=${this.format}
      .now=${Math.floor(t/Q)*Q}
      .hours=${qe(this.config)}
      .isLarge=${this.wall}
      .isCurrent=${n.kind===`current`}
      .treatments=${this.config.treatments??!0}
      .forecast=${this.config.forecast??!0}
    ></glucose-follow-graph>`}below(e,t){let{facts:n=!0,today:r=!0}=this.config;return n||r?A`<div class="below">
          ${n?this.facts(e,t):N}
          ${r?this.today(e,t):N}
        </div>`:N}facts({status:e,last_bolus:t},{now:n}){let{format:i}=this,{facts:a}=i.words,{insulin_on_board:o,carbs_on_board:s}=e,c=[o&&br(a.insulin,i.insulin(o[1])),s&&br(a.carbs,i.carbs(s[1])),t&&br(r(a.bolus,{ago:i.ago(n-t[0])}),i.insulin(t[1]))].filter(e=>e!==null);return c.length>0?A`<dl class="facts">${c}</dl>`:N}today({readings:e,thresholds:t},{now:n}){let{format:i}=this,a=gr(e,t,fr(n,i.timeZone),n);if(!a)return N;let{today:o}=i.words,s=a.urgent_low+a.low,c=a.high+a.urgent_high,l=(e,t)=>r(e,{share:i.share(t)});return A`<div class="today">
      <div class="bar" aria-hidden="true">
        ${H.filter(e=>a[e]>0).map(e=>A`<span class=${e} style="flex:${a[e]}"></span>`)}
      </div>
      <div class="words">
        <span
          >${o.label}:
          <strong>${l(o.in_range,a.in_range)}</strong></span
        >
        <span>${l(o.low,s)} · ${l(o.high,c)}</span>
      </div>
    </div>`}told({currentness:e},t){let{words:n}=this.format;return this.hasFailed?n.alarm.failed:t?n.alarm.level[t]:e.kind===`current`?``:e.kind===`stale`?n.notice.silent:q(e,this.format)}rangeOf(e){return e?.latest?e.range??U(e.latest,e.thresholds):null}focusOn(e){this.shadowRoot?.activeElement&&this.shadowRoot.querySelector(e)?.focus()}async snooze(e){this.isChoosing=!1;try{await this.hass.callService(`glucose_follow`,`snooze`,{config_entry_id:this.live.view().person?.entry_id,minutes:e})}catch{this.hasFailed=!0}}};function br(e,t){return A`<div>
    <dt>${e}</dt>
    <dd>${t}</dd>
  </div>`}var xr=/* @__PURE__ */ new Set([`basal_rate`,`carbs_on_board`,`insulin_on_board`,`last_automatic_bolus`,`last_bolus`,`last_bolus_time`,`last_carbs`,`last_carbs_time`,`override`,`temporary_target`,`treatment`]),Sr=/* @__PURE__ */ new Set([`alarm`,`snoozed_until`]),Cr=/* @__PURE__ */ new Set([`delayed_glucose`,`delta`,`direction`,`falling_fast`,`forecast`,`glucose`,`high`,`low`,`low_in`,`low_soon`,`range`,`rising_fast`,`urgent_high`,`urgent_low`]);function wr(e){let t=a(e.locale.language),n=l(e);return n.length===0?{views:[{title:t.dashboard.name,cards:[{type:`markdown`,content:t.dashboard.nobody}]}]}:{views:n.map(r=>Tr(r,n,e,t))}}function Tr({entityId:e,deviceId:t,name:n},r,{entities:i,devices:a},{dashboard:o}){let s=/* @__PURE__ */ new Set([t,...Object.keys(a).filter(e=>a[e]?.parent_device_id===t)]),c=Object.values(i).filter(({device_id:e,hidden:n})=>!n&&t!==null&&s.has(e??null)),l=e=>c.filter(t=>Dr(t)===e).map(({entity_id:e,device_id:n})=>Er(e,n===t)),u=r.filter(t=>t.entityId!==e);return{title:n,path:e.replace(/^sensor\./,``).replaceAll(`_`,`-`),icon:`mdi:water`,type:`sections`,max_columns:3,badges:u.map(e=>({type:`custom:${m}`,entity:e.entityId})),sections:[{column_span:2,cards:[{type:`custom:${p}`,entity:e,grid_options:{columns:`full`}}]},$(o.treatments,l(`treatments`)),$(o.devices,l(`devices`)),$(o.settings,l(`settings`))].filter(e=>e!==null)}}function $(e,t){return t.length===0?null:{cards:[{type:`heading`,heading:e},...t]}}function Er(e,t){return{type:`tile`,entity:e,name:t?{type:`entity`}:[{type:`device`},{type:`entity`}]}}function Dr({translation_key:e=``,entity_category:t}){return t===`config`||Sr.has(e)?`settings`:Cr.has(e)?`card`:xr.has(e)?`treatments`:`devices`}var Or=class extends HTMLElement{static{this.registryDependencies=[`entities`,`devices`]}static generate(e,t){return Promise.resolve(wr(t))}static getCreateSuggestions(e){return{title:a(e.locale.language).dashboard.name,icon:`mdi:water`}}};function kr(){if(customElements.get(`glucose-follow-card`))return;customElements.define(`glucose-follow-graph`,sr),customElements.define(`glucose-follow-person`,yr),customElements.define(p,an),customElements.define(m,en),customElements.define(`ll-strategy-dashboard-${ee}`,Or);let e=window,t=()=>document.documentElement.lang;(e.customCards??=[]).push(ne(p,`card`,t,{preview:!0,getEntitySuggestion:te})),(e.customBadges??=[]).push(ne(m,`badge`,t,{preview:!0})),(e.customStrategies??=[]).push(ne(ee,`dashboard`,t,{strategyType:`dashboard`}))}kr();