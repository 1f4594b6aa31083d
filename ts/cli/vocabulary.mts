/**
 * The words of what jco-transpile 0.15 makes of sealed components, with `#` for numbers. `tests/cli/words.mts` writes it.
 */
const words = (separator: RegExp, text: string): ReadonlySet<string> =>
  new Set(text.trimEnd().split(separator).slice(1));

/** Kinds of syntax, as ESTree names them. */
export const NODES = words(
  /\s+/,
  String.raw`
  ArrayExpression ArrayPattern ArrowFunctionExpression AssignmentExpression AssignmentPattern AwaitExpression
  BinaryExpression BlockStatement BreakStatement CallExpression CatchClause ChainExpression ClassBody ClassDeclaration
  ConditionalExpression ContinueStatement DoWhileStatement EmptyStatement ExportNamedDeclaration ExpressionStatement
  ForOfStatement ForStatement FunctionDeclaration FunctionExpression Identifier IfStatement LabeledStatement Literal
  LogicalExpression MemberExpression MetaProperty MethodDefinition NewExpression ObjectExpression ObjectPattern
  PrivateIdentifier Program Property PropertyDefinition RestElement ReturnStatement SequenceExpression SpreadElement
  SwitchCase SwitchStatement TemplateElement TemplateLiteral ThisExpression ThrowStatement TryStatement UnaryExpression
  UpdateExpression VariableDeclaration VariableDeclarator WhileStatement YieldExpression
`,
);

/** Variables, functions, classes and labels, and the globals of JavaScript among them. */
export const NAMES = words(
  /\s+/,
  String.raw`
  ASYNC_CURRENT_COMPONENT_IDXS ASYNC_CURRENT_TASK_IDS ASYNC_DETERMINISM ASYNC_EVENT_CODE ASYNC_STATE
  ASYNC_TASKS_BY_COMPONENT_IDX Array ArrayBuffer AsyncSubtask AsyncTask BigInt Boolean CORE_TRAP_MESSAGES
  CURRENT_TASK_MAY_BLOCK CURRENT_TASK_META ComponentAsyncState DataView Descriptor DirectoryEntryStream Error Error$#
  Fields FinalizationRegistry FutureIncomingResponse FutureTrailers FutureValue GLOBAL_COMPONENT_MEMORY_MAP
  HANDLE_TABLES I#_MAX I#_MIN INSTANCE_FLAGS IncomingBody IncomingDatagramStream IncomingRequest IncomingResponse
  InputStream JSON Map Mapping Math Network Number Object OutgoingBody OutgoingDatagramStream OutgoingRequest
  OutgoingResponse OutputStream Pollable Promise RESOURCE_CALL_BORROWS RESOURCE_SCOPE_ID RESOURCE_SCOPE_TASKS RepTable
  RequestOptions ResolveAddressStream ResponseOutparam SCOPE_ID STORE_ASYNC_STATE STORE_TRAP
  SYMMETRIC_SYNC_GUEST_CALL_STACK Set Span String Symbol TEXT_DECODER_UTF# TEXT_ENCODER_UTF# T_FLAG TcpSocket
  TerminalInput TerminalOutput TextDecoder TextEncoder TypeError URL UdpSocket Uint#Array Waitable WebAssembly
  WebAssemblyRuntimeError _checkForDeadlock _checkMayLeave _clearCurrentTask _coinFlip _conditionalSuspending#I#ToVoid
  _conditionalSuspending#I#ToVoidModule _debugLog _getGlobalCurrentTaskMeta _guardMayLeave _initGenerator
  _isValidNumericPrimitive _liftFlatBool _liftFlatBorrow _liftFlatEnum _liftFlatEnumInner _liftFlatFlags
  _liftFlatFlagsInner _liftFlatList _liftFlatListInner _liftFlatOption _liftFlatOptionInner _liftFlatOwn
  _liftFlatOwnInner _liftFlatRecord _liftFlatRecordInner _liftFlatResult _liftFlatResultInner _liftFlatStringAny
  _liftFlatStringUTF# _liftFlatTuple _liftFlatTupleInner _liftFlatU# _liftFlatVariant _liftFlatVariantInner
  _liftFlatVariantScratch _lowerFlatBool _lowerFlatEnum _lowerFlatEnumInner _lowerFlatFlags _lowerFlatFlagsInner
  _lowerFlatList _lowerFlatListInner _lowerFlatOption _lowerFlatOptionInner _lowerFlatOwn _lowerFlatOwnInner
  _lowerFlatRecord _lowerFlatRecordInner _lowerFlatResult _lowerFlatResultInner _lowerFlatStringAny _lowerFlatStringUTF#
  _lowerFlatTuple _lowerFlatTupleInner _lowerFlatU# _lowerFlatVariant _lowerFlatVariantInner _lowerImportBackwardsCompat
  _normalizeCoreTrap _reject _requireValidNumericPrimitive _resolve _setGlobalCurrentTaskMeta _suspendingImport
  _symmetricSyncGuestCallEnter _symmetricSyncGuestCallExit _tag _trackHostOperation _trampoline# _typeCheckValidI#
  _utf#AllocateAndEncode _util _wasm_call_currentTaskID _withGlobalCurrentTaskMeta _withGlobalCurrentTaskMetaAsync align
  align# arg# args arguments asyncRes attach backpressureCleared base base# baseIdx bits bool# borrowTask box bp
  callMetadata callbackFn callbackFnName calleeComponentIdx calleeIsAsync callerComponentIdx callerTask callerTaskMeta
  callingSyncExportWithSyncPending callingWasmExport cancellable cancelled cannotDeliverResolve captureCnt#
  captureTable# caseAlign# caseFlatCount caseFlatTypes caseIdx caseLookup caseMetas caseSize# ch childTask clampGuest
  classNameFn clearCurrentTask clearInterval codeUnits codepoints coinFlip completed completionPromise completionSettled
  componentIdx componentTableIdx console content contextGet contextSet converted createFn createNewCurrentTask
  createResourceFn createTask createTcpSocket createUdpSocket createdTask cstate ctx curResourceBorrows current
  currentSubtask currentTaskMeta data dataPtr dataPtrLiftRes dataView decoder delay discLowerRes done dst dst_len dv dv#
  e elem elemAlign# elemCount elemLen elemLiftFn elemLiftFns elemLowerFn elemLowerMetas elemPtr elemSize# elems
  emptyFunc encodeRes encoder entry entryFnName enum# err errHandling event eventFn existing exit exitPromise
  exitWithCode exports# exports#N# f fast fetch fetchCompile fieldLen fieldMetas fieldPtr filesystemErrorCode
  finalizationRegistry# finalizationRegistryCreate finishEnter flagObj flagValue flags flags# fn fnName fns found free
  freeIdx fromTable fromTid from_ptr funcTypeIsAsync functionIdx gen getArguments getCallbackFn getCalleeParamsFn
  getCoreModule getCurrentTask getDirectories getEnvironment getErrorPayload getInsecureRandomBytes getInsecureRandomU#
  getMemoryFn getOrCreateAsyncState getParamsFn getRandomBytes getRandomU# getReallocFn getStderr getStdin getStdout
  getTerminalStderr getTerminalStdin getTerminalStdout globalThis granularity h handle handle# handleEntry handleTable#
  handlerID handlers hasOwnProperty hasResultPointer have hostProvided hostRet# httpErrorCode i idle idx importFn
  imports init initialCwd insecureSeed instanceFlags# instanceNetwork instantiate instantiateCore intSizeBytes interval
  isAsync isEnum isLE isManualAsync isNotEnumObject isNotOptionObject isNotResultObject isReady keepGoing key knownLen
  last len len# lenLiftRes lendCount lender liftFn liftRes liftResults list listValue lookupMemoriesForComponent
  lowerCtx lowerFn lowerImportedOwnedHost_Descriptor lowerImportedOwnedHost_DirectoryEntryStream
  lowerImportedOwnedHost_Error$# lowerImportedOwnedHost_Fields lowerImportedOwnedHost_FutureIncomingResponse
  lowerImportedOwnedHost_FutureTrailers lowerImportedOwnedHost_IncomingBody
  lowerImportedOwnedHost_IncomingDatagramStream lowerImportedOwnedHost_IncomingResponse
  lowerImportedOwnedHost_InputStream lowerImportedOwnedHost_Mapping lowerImportedOwnedHost_Network
  lowerImportedOwnedHost_OutgoingBody lowerImportedOwnedHost_OutgoingDatagramStream
  lowerImportedOwnedHost_OutgoingRequest lowerImportedOwnedHost_OutgoingResponse lowerImportedOwnedHost_OutputStream
  lowerImportedOwnedHost_Pollable lowerImportedOwnedHost_RequestOptions lowerImportedOwnedHost_ResolveAddressStream
  lowerImportedOwnedHost_Span lowerImportedOwnedHost_TcpSocket lowerImportedOwnedHost_TerminalInput
  lowerImportedOwnedHost_TerminalOutput lowerImportedOwnedHost_UdpSocket lowers m manualAsyncResult max mayBlock
  maybeSyncReturn mem memory memory# memoryIdx message meta metadata metas min mmap mmapPosix module# n name names
  newCtx newHandle newState newSubtask newTask newTaskID newTaskMeta newVal newValue next nextCtx nextVal
  normalizeInstantiationError now now$# numCases obj off offset onResume operation opts origPtr origUseParams
  originalLen originalPtr out out# own paramLiftFns params parentSubtaskID parentSubtaskPending parentTask
  payloadMaybeNull payloadOffsetPtr pendingCancelled placementIdx poll postReturn# postReturn#Async preserveFutureResult
  prev previous previousCurrent previousTaskMayBlock promise promiseWithResolvers ptr ptr# queueMicrotask r read
  readValuesAndReset ready readyFn realloc realloc# realloc#Async recordAlign# recordSize# registeredHandlers rej reject
  rejectCompletionPromise rejectExitPromise rem remainingPayloadParams removed rep rep# requiresManualAsyncResult res
  resolution resolution$# resolve resolveAddresses resolveCompletionPromise resolveExitPromise resolvers resource
  resourceObj resourceTransferBorrow resourceTransferOwn result result# resultLowerFns resultPtr results resumableTasks
  resume ret retCopy returned root rsc rsc# rscTableCreateBorrow rscTableCreateOwn rscTableGet rscTableRemove run run#
  runNext s saved savedTask scope scopeId scratch setInterval setTimeout settleCompletionPromise size size# slot slow
  src src_len start started state storageLen storagePtr str stringEncoding subscribeDuration subscribeInstant subtask
  subtaskErr subtaskState subtaskValue suspendedTasks switchesTask symbolCabiDispose symbolCabiLower symbolDispose
  symbolRscHandle symbolRscRep syncOnly syncRes t table tableIdx tag target task taskCreation taskErr taskID taskMeta
  taskMetas taskReturned taskValue tasks tgt throwInvalidBool toTable toTid toUint# to_ptr totalSizeBytes trampoline#
  tuple tuple#_# tupleAlign# tupleSize# ty typedArray undefined unregister unresolvedRoots url usedGlobal utf#Decoder v
  v#_# val val# valData# valLenBytes# vals value values variant# variant#_# variantAlign# variantCase variantFlatCount
  variantPayloadFlatTypes variantPayloadOffset# variantSize# vec# view waitable waitableSet waiters want written
`,
);

/** Properties and methods that are written as plain words. */
export const PROPERTIES = words(
  /\s+/,
  String.raw`
  BlockResult CANCELLED CANCELLED_BEFORE_RETURNED CANCELLED_BEFORE_STARTED CANCEL_DELIVERED CANCEL_PENDING DONE
  Descriptor DirectoryEntryStream EVENT_HANDLER_EVENTS Error FREE FUTURE_READ FUTURE_WRITE Fields
  FutureIncomingResponse FutureTrailers Global IDLE INITIAL IncomingBody IncomingDatagramStream IncomingRequest
  IncomingResponse InputStream Instance JCO_DEBUG Mapping Module NONE NOT_CANCELLED Network OutgoingBody
  OutgoingDatagramStream OutgoingRequest OutgoingResponse OutputStream Pollable RESOLVED RESUMED RETURNED
  RequestOptions ResolveAddressStream ResponseOutparam RuntimeError STARTED STARTING STREAM_READ STREAM_WRITE SUBTASK
  Span State SuspendError Suspending TASK_CANCELLED TcpSocket TerminalInput TerminalOutput TickResult UdpSocket
  WebAssembly _ID _componentIdx _createdReps _jcoMaySuspend accept access acquireExclusiveLock adapter# add
  addBackpressureWaiter addBorrowedHandle addLender addPendingTaskStart addResourceLender addWaitable address
  addressFamily advise alertId alertMessage align# all alwaysTaskReturn append appendViaStream apply args asIntN
  asUintN assign async at attach augments authority betweenBytesTimeout bind block blockingFlush blockingRead
  blockingSkip blockingSplice blockingWriteAndFlush blockingWriteZeroesAndFlush body buffer byteLength byteOffset call
  callMetadata callbackFn callbackFnName callee calleeComponentIdx calleeIsAsync callerComponentIdx callingSyncExport
  callingSyncImport callingWasmExport cancel cancelProgress cancelRequested cancellable cancellationRequested
  cancelled case caseMetas catch charCodeAt checkSend checkWrite childTask childTaskFnName childTaskID className
  classNameFn clear clone code codepoints compileStreaming completionPromise componentIdx connectTimeout constructor
  consume contains context create createDirectoryAt createFn createResourceFn createSubtask createTcpSocket
  createUdpSocket createWaitable cstate ctx current currentSubtask data dataAccessTimestamp dataIntegritySync
  dataModificationTimestamp deadlockCheck deadlockDetail debug decode decrementBackpressure defineProperty delete
  deliverPendingCancel deliverResolve directory discriminant dispose done drop elemAlign# elemLiftFn elemLiftFns
  elemLowerFn elemLowerMetas elemSize# encodeInto enter enterSync entries entryFnName env err errHandling errMsg error
  errored event exclusive exclusiveLock exclusiveRelease exclusivelyLockedBy execute exit exitPromise exitWithCode
  exports f# fast faulted fieldMetas fieldName fieldSize fileIntegritySync fileSize filesystemErrorCode filter finally
  find findIndex finish finishBind finishConnect finishListen firstByteTimeout flags flowInfo flush fn fnName for
  fromCharCode fromList funcName funcTypeIsAsync functionIdx get get# getArguments getBackpressure
  getBackpressureWaiters getBigInt# getBigUint# getCallMetadata getCallbackFn getCallbackFnName getCalleeParams
  getCalleeParamsFn getChildTask getDirectories getEnvironment getErrHandling getFlags getFloat#
  getInsecureRandomBytes getInsecureRandomU# getInt# getLatestSubtask getMemoryFn getParamsFn getParentSubtask
  getParentTask getPendingEvent getPostReturnFn getRandomBytes getRandomU# getReallocFn getResult getReturnLowerFns
  getReturnMemory getReturnMemoryIdx getRootTask getStateNumber getStderr getStdin getStdout getSubtaskByWaitableRep
  getTerminalStderr getTerminalStdin getTerminalStdout getType getUint# getWaitableHandleIdx granularity handle
  handlerID handles has hasBackpressure hasCallback hasOwnProperty hasPendingEvent hasPendingSchedulerWork
  hasResultPointer headers holder hopLimit httpErrorCode id idx immediateSuspend immediateSuspendUntil importFn inSet
  includes incrementBackpressure infoCode initialCwd insecureSeed insert instance# instanceNetwork instantiate
  intSizeBytes isArray isAsync isCancellable isCancelled isEnum isErrored isExclusivelyLocked isExited isHost isInSet
  isInteger isListening isManualAsync isNotStarted isNumber isRejected isRemoval isResolved isResolvedState isReturned
  isRunningState isSafeInteger isSameObject isSync isTaskSuspended join keepAliveCount keepAliveEnabled
  keepAliveIdleTime keepAliveInterval keys knownLen len lenders lends length liftResource linkAt linkCount
  localAddress lower lowerFn lowerResource lowers m# manuallyAsync map markTrapped max mayBlock mayEnter mayLeave
  memory memoryIdx message meta metadata metadataHash metadataHashAt method mlock mmap mmapPosix move munlock mutable
  mutateDirectory n# name names nanoseconds needsExclusiveLock newTaskID next notifyProgress now
  onNextExclusiveRelease onResolve onResume onStart openAt own packedResult paramCount paramLiftFns params parent
  parentSubtask parentSubtaskID parentTask parentTaskFnName parentTaskID pathWithQuery payload payload#
  payloadMaybeNull pendingHostOperations poll pop populate port postReturn post_return preserveFutureResult
  previousTaskMayBlock process promise promising prototype ptr push queued random rcode read readDirectory
  readDirectoryEntry readViaStream readlinkAt ready readyFn realloc receive receiveBufferSize registerHandler
  registerOnResolveHandler registerOnStartHandler reject releaser remoteAddress remove removeBackpressureWaiter
  removeBorrowedHandle removeDirectoryAt removeHandler removePendingTaskStart removeSubtask removeWaitable renameAt
  rep requestCancellation requestedWriteSync requester resident resize resolution resolve resolveAddresses
  resolveAsValue resolveDelivered resolveNextAddress resolved resource resourceScopeId resourceTables resultLowerFns
  resultPtr results resume resumeTaskByID returnCalls returnFn returnFnCalled rfind rid rootTaskID rsc run
  runCallbackFn runTickLoop runtime scheme scope scopeId seconds send sendBufferSize set set# setAuthority
  setBackpressure setBetweenBytesTimeout setBigInt# setBigUint# setCallbackFn setCalleeIsAsync setChildTask
  setConnectTimeout setErrored setFirstByteTimeout setFloat# setHopLimit setIdx setInt# setKeepAliveCount
  setKeepAliveEnabled setKeepAliveIdleTime setKeepAliveInterval setListenBacklogSize setMethod setOnProgressFn
  setParentSubtask setPathWithQuery setPendingEvent setPostReturnFn setReceiveBufferSize setResult setReturnLowerFns
  setReturnMemory setReturnMemoryIdx setScheme setSendBufferSize setSize setStatusCode setTarget setTimes setTimesAt
  setUint# setUnicastHopLimit settleCompletion shift shutdown size size# skip skipExclusiveLockCheck slice slot slow
  splice startBind startConnect startFlush startFn startFnParams startListen stat statAt state status
  statusChangeTimestamp statusCode storage storageLen storagePtr storagelen stream stringEncoding stringify subscribe
  subscribeDuration subscribeInstant subtask subtaskFnName subtaskID subtaskState subtasks suspendTask suspendUntil
  suspendUntilCallback suspendedTaskCancellable suspendedTaskMetas suspendedTaskReady suspendedTasks symlinkAt
  symlinkFollow sync syncData table tableIdx tag target task taskEntryFnName taskID taskState then throwIfTrapped tick
  tmpRetI#HighBits toDebugString toString trampolineIdx transcode trap# truncate tryEnter type typedArray
  unicastHopLimit unlinkFileAt unregister unresolvedRootTaskIDs upper url useDirectParams val
  validateResourceBorrowScope vals value valueType values variantAlign# variantFlatCount variantPayloadFlatTypes
  variantPayloadOffset# variantSize# waitForBackpressure waitForExclusiveRelease waitForPendingEvent waitForProgress
  waitForSyncImportCallEnd waitUntil waitable waitableRep waitableSet withResolvers writable write writeViaStream
  writeZeroes written yieldUntil
`,
);

/** Private members of classes. */
export const PRIVATES = words(
  /\s+/,
  String.raw`
  addSuspendedTaskMeta backpressure backpressurePromise backpressureWaiters callMetadata callbackFn callbackFnName
  calleeIsAsync callingAsyncImport callingWasmExport cancelRequested childTask completionPromise completionReady
  completionValue componentIdx data deliver dropped entered entryFnName errHandling errored exitPromise exited
  getCalleeParamsFn getComponentState getSuspendedTaskMeta handlerMap hasSyncWaiter hideThen id idx isAsync
  isManualAsync lenders lockFreeEntry lockHandoffScheduled lockHolderTaskID lockWaiters mayLeave memory memoryIdx
  nextHandlerID notifySyncImportEnd onExclusiveReleaseHandlers onExitHandlers onProgressFn onResolveHandlers
  onStartHandlers parentSubtask parentTask parkedTasks pendingEventFn pendingTaskStarts postReturnFn
  preserveFutureResult progressWaiters promise read reject rejected removeSuspendedTaskMeta resetPromise resolve
  resolved resourceBorrowCount resourceLenders resourceScopeExited resourceScopeId result resultSet returnLowerFns
  scheduleLockHandoff settleCompletionPromise settled size start state stringEncoding subtasks suspendedTaskIDs
  suspendedTasksByTaskID syncImportWait target then thenFn tickLoop tickLoopInterval trapped waitable waitableSet
`,
);

/** Other keys of properties, each in a line. */
export const KEYS = words(
  /\n {2}/,
  String.raw`
  
  enter-sync-call
  exit-sync-call
  mem# F#Load
  mem# F#Store
  mem# I#Load
  mem# I#Load#S
  mem# I#Load#U
  mem# I#Store
  mem# I#Store#
  mem# MemorySize
  transfer-borrow
  transfer-own
  utf#-to-utf# (mem# => mem#)
  wasi:cli/run@#.#.#
`,
);

/** Computed accesses, each in a line: what has the property, and its key. */
export const COMPUTED = words(
  /\n {2}/,
  String.raw`
  .caseMetas[caseIdx]
  .data[#]
  .data[baseIdx + #]
  .data[baseIdx]
  .data[placementIdx + #]
  .data[placementIdx]
  .onExclusiveReleaseHandlers[idx]
  .params[#]
  .params[i]
  .storage[slot]
  .suspendedTaskIDs[idx]
  .vals[#]
  CURRENT_TASK_META[componentIdx]
  CallExpression[#]
  HANDLE_TABLES[#]
  HANDLE_TABLES[fromTid]
  HANDLE_TABLES[toTid]
  NewExpression[#]
  [symbolCabiDispose]
  [symbolCabiLower]
  [symbolDispose]
  [symbolRscHandle]
  [symbolRscRep]
  caseFlatTypes[i]
  caseLookup[tag]
  caseMetas[caseIdx]
  dataPtrLiftRes[#]
  flagObj[name]
  fromTable[handle << #]
  handleTable#[(handle << #) + #]
  handleTable#[(handle# << #) + #]
  imports['wasi-mmap:mmap/mapping']
  imports['wasi-mmap:mmap/span']
  imports['wasi:cli/environment']
  imports['wasi:cli/exit']
  imports['wasi:cli/stderr']
  imports['wasi:cli/stdin']
  imports['wasi:cli/stdout']
  imports['wasi:cli/terminal-input']
  imports['wasi:cli/terminal-output']
  imports['wasi:cli/terminal-stderr']
  imports['wasi:cli/terminal-stdin']
  imports['wasi:cli/terminal-stdout']
  imports['wasi:clocks/monotonic-clock']
  imports['wasi:clocks/wall-clock']
  imports['wasi:filesystem/preopens']
  imports['wasi:filesystem/types']
  imports['wasi:http/outgoing-handler']
  imports['wasi:http/types']
  imports['wasi:io/error']
  imports['wasi:io/poll']
  imports['wasi:io/streams']
  imports['wasi:random/insecure']
  imports['wasi:random/insecure-seed']
  imports['wasi:random/random']
  imports['wasi:sockets/instance-network']
  imports['wasi:sockets/ip-name-lookup']
  imports['wasi:sockets/network']
  imports['wasi:sockets/tcp']
  imports['wasi:sockets/tcp-create-socket']
  imports['wasi:sockets/udp']
  imports['wasi:sockets/udp-create-socket']
  lenLiftRes[#]
  liftRes[#]
  lowers[#]
  meta[#]
  metas[args.memoryIdx]
  out[i++]
  out[i]
  params[params.length - #]
  r[tag]
  res[#]
  res[key]
  results[#]
  table[#]
  table[(free << #) + #]
  table[(handle << #) + #]
  table[free << #]
  table[handle << #]
  table[idx]
  taskMetas[taskMetas.length - #]
  tasks[tasks.length - #]
  tuple[idx]
  val[name]
  vals[#]
  variantPayloadFlatTypes[i]
  vec#[i]
  view[i]
`,
);
