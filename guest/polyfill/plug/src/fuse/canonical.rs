//! The canonical ABI of the types that the polyfill's functions have, see CanonicalABI.md in WebAssembly/component-model.

use wasm_encoder::ValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::TypesRef;
use wasmparser::PrimitiveValType;

/// A type, as far as its values cross the border between the guest and the polyfill.
pub enum Kind {
    /// A number of 64 bits.
    Long,
    /// A number of 32 bits.
    Word,
    /// A number of 8 bits, false or true.
    Bool,
    /// The number of cases.
    Enum(usize),
    /// The number of flags.
    Flags(usize),
    /// A list of bytes: its address and length.
    List,
    /// A handle of this resource.
    Handle(wasmparser::component_types::ResourceId),
    Option(Box<Kind>),
    /// The types of both cases.
    Result(Option<Box<Kind>>, Option<Box<Kind>>),
    /// All fields in their order.
    Record(Vec<Kind>),
}

/// The type that the module is not made for, which the polyfill does not have.
fn unknown(what: &str) -> String {
    format!("has a type that cannot be fused: {what}")
}

impl Kind {
    pub fn of(types: TypesRef<'_>, ty: ComponentValType) -> Result<Self, String> {
        let inner = |ty: &Option<ComponentValType>| -> Result<Option<Box<Self>>, String> {
            ty.map(|ty| Self::of(types, ty).map(Box::new)).transpose()
        };
        let id = match ty {
            ComponentValType::Primitive(primitive) => return Self::of_primitive(primitive),
            ComponentValType::Type(id) => id,
        };
        Ok(match &types[id] {
            ComponentDefinedType::Primitive(primitive) => Self::of_primitive(*primitive)?,
            ComponentDefinedType::Enum(cases) if cases.len() <= 256 => Self::Enum(cases.len()),
            ComponentDefinedType::Flags(flags) if flags.len() <= 8 => Self::Flags(flags.len()),
            ComponentDefinedType::List { element: ComponentValType::Primitive(PrimitiveValType::U8), .. } => Self::List,
            ComponentDefinedType::Own(resource) | ComponentDefinedType::Borrow(resource) => {
                Self::Handle(resource.resource())
            }
            ComponentDefinedType::Option { ty, .. } => Self::Option(Box::new(Self::of(types, *ty)?)),
            ComponentDefinedType::Result { ok, err, .. } => Self::Result(inner(ok)?, inner(err)?),
            ComponentDefinedType::Tuple(tuple) => {
                Self::Record(tuple.types.iter().map(|ty| Self::of(types, *ty)).collect::<Result<_, _>>()?)
            }
            ComponentDefinedType::Record(record) => {
                Self::Record(record.fields.values().map(|ty| Self::of(types, *ty)).collect::<Result<_, _>>()?)
            }
            other => return Err(unknown(&format!("{other:?}"))),
        })
    }

    fn of_primitive(primitive: PrimitiveValType) -> Result<Self, String> {
        match primitive {
            PrimitiveValType::U64 => Ok(Self::Long),
            PrimitiveValType::U32 => Ok(Self::Word),
            PrimitiveValType::Bool => Ok(Self::Bool),
            other => Err(unknown(&format!("{other:?}"))),
        }
    }

    /// The core types of a value that is passed.
    pub fn flat(&self) -> Vec<ValType> {
        match self {
            Self::Long => vec![ValType::I64],
            Self::Word | Self::Bool | Self::Enum(_) | Self::Flags(_) | Self::Handle(_) => vec![ValType::I32],
            Self::List => vec![ValType::I32, ValType::I32],
            Self::Option(inner) => [vec![ValType::I32], inner.flat()].concat(),
            Self::Result(ok, error) => {
                let flat = |kind: &Option<Box<Self>>| kind.as_ref().map(|kind| kind.flat()).unwrap_or_default();
                let (ok, error) = (flat(ok), flat(error));
                let join = |(at, one): (usize, &ValType)| {
                    if error.get(at).is_none_or(|other| other == one) {
                        *one
                    } else {
                        ValType::I64
                    }
                };
                let rest = error.iter().skip(ok.len()).copied();
                std::iter::once(ValType::I32).chain(ok.iter().enumerate().map(join)).chain(rest).collect()
            }
            Self::Record(fields) => fields.iter().flat_map(Self::flat).collect(),
        }
    }

    /// The size and the alignment of a value in memory.
    pub fn layout(&self) -> (u32, u32) {
        let tagged = |kinds: &[Option<&Box<Self>>]| {
            let layouts: Vec<_> = kinds.iter().flatten().map(|kind| kind.layout()).collect();
            let align = layouts.iter().map(|(_, align)| *align).max().unwrap_or(1);
            let size = layouts.iter().map(|(size, _)| *size).max().unwrap_or(0);
            ((align + size).next_multiple_of(align), align)
        };
        match self {
            Self::Long => (8, 8),
            Self::Word | Self::Handle(_) => (4, 4),
            Self::Bool | Self::Enum(_) | Self::Flags(_) => (1, 1),
            Self::List => (8, 4),
            Self::Option(inner) => tagged(&[Some(inner)]),
            Self::Result(ok, error) => tagged(&[ok.as_ref(), error.as_ref()]),
            Self::Record(fields) => {
                let (mut end, mut most) = (0_u32, 1);
                for (size, align) in fields.iter().map(Self::layout) {
                    end = end.next_multiple_of(align) + size;
                    most = most.max(align);
                }
                (end.next_multiple_of(most), most)
            }
        }
    }

    /// Whether a value has a list, which needs memory of the receiver.
    pub fn has_list(&self) -> bool {
        match self {
            Self::List => true,
            Self::Option(inner) => inner.has_list(),
            Self::Result(ok, error) => [ok, error].into_iter().flatten().any(|kind| kind.has_list()),
            Self::Record(fields) => fields.iter().any(Self::has_list),
            _ => false,
        }
    }
}

/// How a function gives its result.
pub enum Answer {
    Nothing,
    Value(ValType),
    /// It is stored at an address that the caller passes: its size and alignment.
    Stored(u32, u32),
}

pub struct Signature {
    pub params: Vec<Kind>,
    pub answer: Answer,
    pub returns_list: bool,
}

impl Signature {
    pub fn of(types: TypesRef<'_>, function: &ComponentFuncType) -> Result<Self, String> {
        let params: Vec<_> = function.params.iter().map(|(_, ty)| Kind::of(types, *ty)).collect::<Result<_, _>>()?;
        let result = function.result.map(|ty| Kind::of(types, ty)).transpose()?;
        let answer = match &result {
            None => Answer::Nothing,
            Some(kind) => match kind.flat()[..] {
                [single] => Answer::Value(single),
                _ => Answer::Stored(kind.layout().0, kind.layout().1),
            },
        };
        Ok(Self { params, answer, returns_list: result.is_some_and(|kind| kind.has_list()) })
    }

    pub fn flat_params(&self) -> Vec<ValType> {
        self.params.iter().flat_map(Kind::flat).collect()
    }

    /// The core types of the function as its caller sees it.
    pub fn lowered(&self) -> (Vec<ValType>, Vec<ValType>) {
        let mut params = self.flat_params();
        match self.answer {
            Answer::Nothing => (params, vec![]),
            Answer::Value(ty) => (params, vec![ty]),
            Answer::Stored(..) => {
                params.push(ValType::I32);
                (params, vec![])
            }
        }
    }

    /// The core types of the function as the polyfill exports it.
    pub fn exported(&self) -> (Vec<ValType>, Vec<ValType>) {
        let result = match self.answer {
            Answer::Nothing => vec![],
            Answer::Value(ty) => vec![ty],
            Answer::Stored(..) => vec![ValType::I32],
        };
        (self.flat_params(), result)
    }
}
