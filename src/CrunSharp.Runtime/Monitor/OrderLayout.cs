using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrunSharp.Runtime;

/// <summary>native/include/order.h; a test compares.</summary>
internal static class OrderLayout
{
    public const uint Magic = 0x31444f43;
    public const uint NoFd = uint.MaxValue;
    public static readonly int HeaderSize = Unsafe.SizeOf<OrderHeader>();
    public static readonly int ActionSize = Unsafe.SizeOf<OrderAction>();
}

[Flags]
internal enum OrderFlags : uint
{
    Stdin = 1 << 0,
    Raw = 1 << 1,
    ForwardSignals = 1 << 2,
    Silent = 1 << 3,
    LeaveProcess = 1 << 4,
    StdinOnce = 1 << 5,
    DetachKeys = 1 << 6,
}

internal enum OrderKind : uint
{
    None,
    Kill,
    RemoveTree,
    RemoveCgroup,
    Unlink,
    Unmount,
    Run,
}

[StructLayout(LayoutKind.Sequential)]
internal struct OrderHeader
{
    public uint Magic;
    public uint Size;
    public uint Flags;
    public uint FdCount;
    public int Pid;
    public uint PidFd;
    public uint Terminal;
    public uint Input;
    public uint Output;
    public uint Error;
    public uint Ready;
    public uint Record;
    public uint Log;
    public uint Attach;
    public uint ActionCount;
    public uint Actions;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OrderAction
{
    public OrderKind Kind;
    public uint Path;
    public uint Data;
    public uint DataSize;
    public uint Fd;
    public uint Flags;
    public ulong A;
}
