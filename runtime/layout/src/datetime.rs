//! The `datetime` objects and the capsule pandas, NumPy and pybind11 read. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

use crate::*;
use std::ffi::{c_char, c_int, c_uchar};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyDateTime_BaseTZInfo {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_TZInfo {
    pub ob_base: PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_Delta {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub days: c_int,
    pub seconds: c_int,
    pub microseconds: c_int,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_Date {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
    pub data: [c_uchar; 4],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_Time {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
    pub data: [c_uchar; 6],
    pub fold: c_uchar,
    pub tzinfo: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_DateTime {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
    pub data: [c_uchar; 10],
    pub fold: c_uchar,
    pub tzinfo: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyDateTime_BaseTime {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
    pub data: [c_uchar; 6],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyDateTime_BaseDateTime {
    pub ob_base: PyObject,
    pub hashcode: isize,
    pub hastzinfo: c_char,
    pub data: [c_uchar; 10],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_CAPI {
    pub DateType: *mut PyTypeObject,
    pub DateTimeType: *mut PyTypeObject,
    pub TimeType: *mut PyTypeObject,
    pub DeltaType: *mut PyTypeObject,
    pub TZInfoType: *mut PyTypeObject,
    pub TimeZone_UTC: *mut PyObject,
    pub Date_FromDate: Option<unsafe extern "C" fn()>,
    pub DateTime_FromDateAndTime: Option<unsafe extern "C" fn()>,
    pub Time_FromTime: Option<unsafe extern "C" fn()>,
    pub Delta_FromDelta: Option<unsafe extern "C" fn()>,
    pub TimeZone_FromTimeZone: Option<unsafe extern "C" fn()>,
    pub DateTime_FromTimestamp: Option<unsafe extern "C" fn()>,
    pub Date_FromTimestamp: Option<unsafe extern "C" fn()>,
    pub DateTime_FromDateAndTimeAndFold: Option<unsafe extern "C" fn()>,
    pub Time_FromTimeAndFold: Option<unsafe extern "C" fn()>,
}
crate::assert_offsets! {
    _PyDateTime_BaseTZInfo.ob_base = 0;
    _PyDateTime_BaseTZInfo.hashcode = 16;
    _PyDateTime_BaseTZInfo.hastzinfo = 24;
    PyDateTime_TZInfo.ob_base = 0;
    PyDateTime_Delta.ob_base = 0;
    PyDateTime_Delta.hashcode = 16;
    PyDateTime_Delta.days = 24;
    PyDateTime_Delta.seconds = 28;
    PyDateTime_Delta.microseconds = 32;
    PyDateTime_Date.ob_base = 0;
    PyDateTime_Date.hashcode = 16;
    PyDateTime_Date.hastzinfo = 24;
    PyDateTime_Date.data = 25;
    PyDateTime_Time.ob_base = 0;
    PyDateTime_Time.hashcode = 16;
    PyDateTime_Time.hastzinfo = 24;
    PyDateTime_Time.data = 25;
    PyDateTime_Time.fold = 31;
    PyDateTime_Time.tzinfo = 32;
    PyDateTime_DateTime.ob_base = 0;
    PyDateTime_DateTime.hashcode = 16;
    PyDateTime_DateTime.hastzinfo = 24;
    PyDateTime_DateTime.data = 25;
    PyDateTime_DateTime.fold = 35;
    PyDateTime_DateTime.tzinfo = 40;
    _PyDateTime_BaseTime.ob_base = 0;
    _PyDateTime_BaseTime.hashcode = 16;
    _PyDateTime_BaseTime.hastzinfo = 24;
    _PyDateTime_BaseTime.data = 25;
    _PyDateTime_BaseDateTime.ob_base = 0;
    _PyDateTime_BaseDateTime.hashcode = 16;
    _PyDateTime_BaseDateTime.hastzinfo = 24;
    _PyDateTime_BaseDateTime.data = 25;
    PyDateTime_CAPI.DateType = 0;
    PyDateTime_CAPI.DateTimeType = 8;
    PyDateTime_CAPI.TimeType = 16;
    PyDateTime_CAPI.DeltaType = 24;
    PyDateTime_CAPI.TZInfoType = 32;
    PyDateTime_CAPI.TimeZone_UTC = 40;
    PyDateTime_CAPI.Date_FromDate = 48;
    PyDateTime_CAPI.DateTime_FromDateAndTime = 56;
    PyDateTime_CAPI.Time_FromTime = 64;
    PyDateTime_CAPI.Delta_FromDelta = 72;
    PyDateTime_CAPI.TimeZone_FromTimeZone = 80;
    PyDateTime_CAPI.DateTime_FromTimestamp = 88;
    PyDateTime_CAPI.Date_FromTimestamp = 96;
    PyDateTime_CAPI.DateTime_FromDateAndTimeAndFold = 104;
    PyDateTime_CAPI.Time_FromTimeAndFold = 112;
}
