using System.Runtime.InteropServices;

namespace CrunSharp.Runtime;

/// <summary>The numbers of native/include/plan.h; a test asks the C compiler for the same.</summary>
internal static class PlanLayout
{
    public const uint Magic = 0x32504e43, NoDescriptor = uint.MaxValue, FirstFreeDescriptor = 2, Trace = 1;

    public const int MaxSize = 16 << 20, MaxSteps = 65536, MaxDescriptors = 128;

    public const uint OverlayUserXattr = 1, OverlayVolatile = 2;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PlanHeader
{
    public uint Magic;
    public uint Size;
    public uint StepCount;
    public uint Steps;
    public uint FdCount;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PlanStep
{
    public StepKind Kind;
    public uint Origin;
    public uint Path;
    public uint Source;
    public uint Data;
    public uint DataSize;
    public uint Fd;
    public uint Mode;
    public ulong Flags;
    public ulong A;
    public ulong B;
    public ulong C;
}

/// <summary>plan.h's <c>enum plan_kind</c>: the names are its own, in C#'s spelling.</summary>
internal enum StepKind : uint
{
    None,
    Await,
    Write,
    JoinNamespace,
    Unshare,
    Become,
    Fork,
    NewSession,
    Stdio,
    Hostname,
    Domainname,
    LoopbackUp,
    Propagation,
    BindRoot,
    OverlayRoot,
    Mount,
    Bind,
    MakeDirectory,
    Device,
    Symlink,
    WriteFile,
    Console,
    EnterRoot,
    RootPropagation,
    ReadOnlyRoot,
    Mask,
    ReadOnlyPath,
    Sysctl,
    Hook,
    Rlimit,
    OomScore,
    SessionKeyring,
    Umask,
    ParentDeath,
    NoNewPrivs,
    Seccomp,
    Bounding,
    User,
    Capabilities,
    Directory,
    FindProgram,
    AwaitStart,
    Init,
    Exec,
    Personality,
    Scheduler,
    IoPriority,
    CpuAffinity,
    MemoryPolicy,
    TimeOffsets,
    Label,
    StdioOwner,
    SendRoot,
    End,
    FuseRoot,
    KindCount,
}
