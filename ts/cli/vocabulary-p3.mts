/**
 * The words that components of WASI 0.3 have beside those in vocabulary.mts. `tests/cli/words.mts` writes it.
 */
const words = (separator: RegExp, text: string): ReadonlySet<string> =>
  new Set(text.trimEnd().split(separator).slice(1));

/** Kinds of syntax, as ESTree names them. */
export const NODES = words(
  /\s+/,
  String.raw`
  Super
`,
);

/** Variables, functions, classes and labels, and the globals of JavaScript among them. */
export const NAMES = words(
  /\s+/,
  String.raw`
  ASYNC_BLOCKED_CODE ASYNC_BLOCKING_CALL_DEPTH BUFFER_MGR BufferManager Descriptor$# FUTURES FUTURE_TABLES FutureEnd
  FutureReadableEnd FutureWritableEnd HostStream InternalFuture InternalStream ManagedBuffer Mapping$#
  NESTED_FUTURE_SYMBOL PendingValueQueue ReadableStream STREAMS STREAM_TABLES Span$# Stream StreamEnd StreamReadableEnd
  StreamWritableEnd TcpSocket$# TerminalInput$# TerminalOutput$# UdpSocket$# WaitableSet _PlatformReadableStream
  _asyncStartCall _conditionalSuspending#I#ToI# _conditionalSuspending#I#ToI#Module _ctx _driverLoop
  _genFutureHostInjectFn _genReadFnFromLowerableStream _genStreamHostInjectFn _initTaskID# _isFutureLowerableObject
  _isStreamLowerableObject _liftFlatS# _liftFlatStream _liftFlatStreamInner _lowerFlatFuture _lowerFlatFutureInner
  _lowerFlatS# _lowerFlatStream _lowerFlatStreamInner _lowerImport _prepareCall _removeWaitableSet
  _storeEventInComponentMemory _utf#AllocateAndEncodeAsync a addFutureEndToTable addStreamEndToTable appended argArray
  asyncIterator asyncYield attach$# b backpressureDec backpressureInc bail buf buffer bufferID bufferRemaining
  callResourceDestructor callbackCode callbackFnIdx callbackIdx callbackRes callbackResult callback_# callee
  calleeBackpressure calleeComponentState calleeIsAsyncInt calleeTask callerComponentState callerMemories callerMemory
  callerMemoryIdx cancelDelivered cancelValues cancellationWillCompleteAsync cap childProgress childState chunk
  cleanupFn code completeCancel componentState continueWithCallbackResult continueWithEvent copied copyElemMeta
  copyPromise count createBufferRes createFuture createStream cstate# currentCallerTask currentCallerTaskMeta
  currentCount deleteStreamEnd destTableIdx directParamsArr doNothingFn drainPendingValues drive driveCallback
  driveDirectCallee driveJspiCallee dropAfterCopy dropped dtor elemMeta encoding enterPromise enteredSynchronously
  errMsg eventCode exit$# exitWithCode$# expectedMemoryIdx finishCancel finishCopy finishWait future future#
  futureCancelRead futureCancelWrite futureDropReadable futureDropWritable futureEnd futureEndHandle
  futureEndWaitableIdx futureEvent futureMeta futureNestingLevel futureNestingLevel# futureNew futureRead futureTable
  futureTableIdx futureTransfer futureWaitableIdx futureWaitableIdx# futureWrite futuresList# genArgs
  generateFutureHostInject generatedStreamHostInject getArguments$# getDirectories$# getEnvironment$# getFutureEnd
  getInitialCwd getInsecureRandomBytes$# getInsecureRandomU#$# getInsecureSeed getPostReturnFn getRandomBytes$#
  getRandomU#$# getResolution getResolution$# getReturnMemoryFn getStreamEnd getTerminalStderr$# getTerminalStdin$#
  getTerminalStdout$# globalRep globalTaskMeta granularity$# handleCalleeError handleError hasPendingEvent
  hasPendingReadBuffer hostDropFn hostFuture hostInjectFn hostInjectFn# hostStream hostWriteEnd hostWriteEnd# index
  initial injectHostWrite injectedWritePromise inner innerFuture instanceBuffers internalStream isCancellable
  isDroppedFn isReadableEnd isWrite items iterator jspiCallee liftCtx liftFns liftedResults localStreamTable lock
  lockedReader lowerFns lowerImportedOwnedHost_Descriptor$# lowerImportedOwnedHost_Mapping$#
  lowerImportedOwnedHost_Span$# lowerImportedOwnedHost_TcpSocket$# lowerImportedOwnedHost_TerminalInput$#
  lowerImportedOwnedHost_TerminalOutput$# lowerImportedOwnedHost_UdpSocket$# maxCount meta# mmap$# mmapPosix$#
  nestingLevel newBufferElemMeta newBufferMeta newLiftCtx newResult nextBufID nextFuture# numElements objects
  onCopyDoneFn onCopyFn onEvent openedCount# outermostReadEnd outermostReadEnd# p packedResult paramCount payload
  payloadLiftFn payloadLowerFn payloadTypeSize# pendingElemIsNoneOrNumeric pendingElemMeta pendingOnCopyDoneFn
  pendingRemaining pendingValues postReturnIdx preparedTask preparedTaskMeta processFn progress rc readEnd readEnd#
  readEndHandle readEndWaitableIdx readFn readFn# readOpts readViaStream readWaitable readyEvent reallocFn reallocIdx
  reason reclaimBufferFn registerGlobalMemoryForComponent registerSubtaskProgress rejectLength rejectedLength remaining
  removeFutureEndFromTable removeStreamEndFromTable removedFutureEnd removedStreamEnd resetWriteEndToIdleFn
  resolveAddresses$# resultCount resultCountOrAsync resultKind resumedEvent returnFn returnMemoryIdx runCallback
  setDroppedFn shouldDropAfterCopy skipStateCheck slowOnly source srcFutureWaitableIdx srcStreamWaitableIdx srcTableIdx
  startFn startPtr startRes startSubtask storeEvent stream streamCancelRead streamCancelWrite streamDropReadable
  streamDropWritable streamEnd streamEndHandle streamEndWaitableIdx streamMeta streamNew streamNewFromLift streamRead
  streamResult# streamTableIdx streamTransfer streamWaitableIdx streamWaitableIdx# streamWrite stringEncoding#
  subtaskCallMeta subtaskCallMetadata subtaskCancel subtaskDrop subtaskRep subtaskWaitableRep symbolAsyncIterator
  symbolIterator taskCancel taskRes taskReturn taskReturnTypeIdx toInt# trampoline#Wait transfer transferResources
  transferred unpackCallback unpackCallbackResult unpacked useDirectParams vs w waitFor waitInterval waitOpts waitUntil
  waitableIdx waitableJoin waitableObj waitableRep waitableSetDrop waitableSetNew waitableSetPoll waitableSetRep
  waitableSetWait writeEnd writeEndHandle writeEndWaitableIdx writePromise writeValues writeViaStream writeViaStream$#
  writeWaitable ws wset
`,
);

/** Properties and methods that are written as plain words. */
export const PROPERTIES = words(
  /\s+/,
  String.raw`
  ASYNC_COPYING CANCELLING_COPY COMPLETED CopyResult CopyState DROPPED MAX_LENGTH SYNC_COPYING _cachedPromising _read
  _write allowPendingEvent appendReadValue asyncIterator bufferID callback callbackCode callbackFnIdx callbackIdx
  callbackRes callbackResult calleeIsAsyncInt calleeTaskID capacity codeDoesNotMatchEventCode componentInstanceIdx
  componentState concat connect copy count createBuffer createUserStream decrementNumWaiting deleteBuffer dest
  destComponentIdx destTableIdx disconnect drainInto dropAfterCopy dropFn dtor e eagerReturn elemMeta eventCode every
  expectedMemoryIdx flatCount from future futureEnd futureEndHandle futureEndWaitableIdx futureNestingLevel
  futureTableIdx futureWaitableIdx getAddressFamily getBuffer getCopyState getElemMeta getFutureEndWaitableIdx
  getHopLimit getInitialCwd getInsecureSeed getIsListening getKeepAliveCount getKeepAliveEnabled getKeepAliveIdleTime
  getKeepAliveInterval getLocalAddress getNextBufferID getPendingBufferMeta getReader getReceiveBufferSize
  getRemoteAddress getResolution getReturnMemoryFn getSendBufferSize getStreamEndWaitableIdx getUnicastHopLimit
  getWaitable globalFutureMapRep globalRep globalStreamMapRep guestRead guestWrite hasHostInject hostInjectFn hostOwned
  hostProvided hostRead hostWrite hostWriteEnd incrementNumWaiting index indexDoesNotMatch initial internalEndIdx
  isAsyncValue isBorrowed isCancelledState isCopying isDoneState isDropped isDroppedFn isHostOwned isIdleState
  isInnermost isNone isNumeric isPeerDropped isPeerDroppedFn isReadable isView isWritable isWrite iterator level liftCtx
  liftFn liftFns listen lowerFns min newValue numWaitables numWaiting onCopyDoneFn onCopyFn opts payloadIsBlockedConst
  payloadLiftFn payloadLowerFn payloadTypeAlign# payloadTypeName payloadTypeSize# pendingBufferMeta postReturnIdx
  preparedTask prepend processed readEnd readEndHandle readEndWaitableIdx readFn readSource readWaitable reallocFn
  reallocIdx rejectLength rejectedLength releaseLock remaining res resetAndNotifyPending resetPendingBufferMeta result
  resultCountOrAsync ret return returnFnParams returnFnResult returnMemoryIdx self setCopyState setDropped setDroppedFn
  setFutureTableIdx setGlobalFutureMapRep setGlobalStreamMapRep setHandle setHostCancelFn setHostDropFn setHostInjectFn
  setPendingBufferMeta setRep setSourceRebufferFn setStreamTableIdx setWaitable setWaitableIdx setupCopy
  shuffleWaitables skipStateCheck sort sourceIsSync src srcFutureWaitableIdx srcStreamWaitableIdx srcTableIdx start
  startsWith stateNumber streamEnd streamEndHandle streamEndWaitableIdx streamTableIdx streamWaitableIdx string
  subtaskMeta subtaskRep subtaskWaitableRep targets taskReturnTypeIdx transfer transferResources tryWait tuple#_#
  unshift v waitFor waitUntilCallback waitableIdx waitableSetRep waitableSetTargets waitableinSet writeEnd
  writeEndHandle writeEndWaitableIdx writeFn writeMany writeWaitable
`,
);

/** Private members of classes. */
export const PRIVATES = words(
  /\s+/,
  String.raw`
  bufferIDs buffers chunks copyState copying done dropFn elemMeta endOfStream futureTableIdx globalFutureMapRep
  globalRep globalStreamMapRep handle hostCancelFn hostDropFn hostInjectFn hostOnlyData isDroppedFn isHostOwned
  isPeerDroppedFn isReadable isWritable length offset payloadLiftFn payloadLowerFn pendingBufferMeta pendingEvent ptr
  readEnd readFn readOpts rejectedLength rep setDroppedFn sourceReadPromise sourceRebufferFn streamEndWaitableIdx
  streamTableIdx tableIdx userStream waitables waiting writeEnd writeFn
`,
);

/** Other keys of properties, each in a line. */
export const KEYS = words(
  /\n {2}/,
  String.raw`
  [NESTED_FUTURE_SYMBOL]
  [prepare-call]adapter#
  [start-call]adapter#
  [symbolAsyncIterator]
  [symbolDispose]
`,
);

/** Computed accesses, each in a line: what has the property, and its key. */
export const COMPUTED = words(
  /\n {2}/,
  String.raw`
  .chunks[#]
  FUTURE_TABLES[#]
  FUTURE_TABLES[srcTableIdx]
  FUTURE_TABLES[tableIdx]
  HANDLE_TABLES[tableIdx]
  STREAM_TABLES[#]
  STREAM_TABLES[srcTableIdx]
  STREAM_TABLES[streamTableIdx]
  STREAM_TABLES[tableIdx]
  [symbolAsyncIterator]
  [symbolIterator]
  argArray[argArray.length - #]
  callerMemories[#]
  chunk[this.#offset + i]
  future#[NESTED_FUTURE_SYMBOL]
  futuresList#[futuresList#.length - (openedCount#+ #)]
  imports['p#:cli/environment']
  imports['p#:cli/exit']
  imports['p#:cli/stderr']
  imports['p#:cli/stdin']
  imports['p#:cli/stdout']
  imports['p#:cli/terminal-input']
  imports['p#:cli/terminal-output']
  imports['p#:cli/terminal-stderr']
  imports['p#:cli/terminal-stdin']
  imports['p#:cli/terminal-stdout']
  imports['p#:clocks/monotonic-clock']
  imports['p#:clocks/system-clock']
  imports['p#:filesystem/preopens']
  imports['p#:filesystem/types']
  imports['p#:mmap/mapping']
  imports['p#:mmap/span']
  imports['p#:random/insecure']
  imports['p#:random/insecure-seed']
  imports['p#:random/random']
  imports['p#:sockets/ip-name-lookup']
  imports['p#:sockets/types']
  inner[memoryIdx]
  lowerFns[#]
  objects[#]
  params[#]
  unpacked[#]
  value[NESTED_FUTURE_SYMBOL]
  values[#]
  vs[#]
`,
);
