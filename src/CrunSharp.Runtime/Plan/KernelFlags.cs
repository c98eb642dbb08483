namespace CrunSharp.Runtime;

/// <summary>Namespaces to make or to join.</summary>
/// <remarks>clone(2); the values are the kernel's.</remarks>
[Flags]
public enum Namespaces : ulong
{
    None = 0,
    Time = 0x00000080,
    Mount = 0x00020000,
    Cgroup = 0x02000000,
    Uts = 0x04000000,
    Ipc = 0x08000000,
    User = 0x10000000,
    Pid = 0x20000000,
    Network = 0x40000000,
}

/// <summary>What concerns a place in the mount tree: propagation, and for how much of it.</summary>
/// <remarks>mount(2); the values are the kernel's.</remarks>
[Flags]
public enum Propagation : ulong
{
    None = 0,
    Recursive = 1UL << 14,
    Unbindable = 1UL << 17,
    Private = 1UL << 18,
    Slave = 1UL << 19,
    Shared = 1UL << 20,
}

/// <summary>Attributes of one mount.</summary>
/// <remarks>mount_setattr(2); the values are the kernel's.</remarks>
[Flags]
public enum MountAttributes : ulong
{
    None = 0,
    ReadOnly = 0x1,
    NoSuid = 0x2,
    NoDev = 0x4,
    NoExec = 0x8,

    /// <summary>The field of the three below: it is cleared as a whole. Relative is its zero.</summary>
    AccessTime = 0x70,
    NoAccessTime = 0x10,
    StrictAccessTime = 0x20,
    NoDirectoryAccessTime = 0x80,
    NoSymlinkFollow = 0x200000,
}

/// <summary>How a mount is made; the values are plan.h's <c>STEP_MOUNT_*</c>.</summary>
[Flags]
public enum MountMode : uint
{
    None = 0,
    Recursive = 1 << 0,
    AttributesRecursive = 1 << 1,
    CopyUp = 1 << 2,
    File = 1 << 3,
    IdMap = 1 << 4,
    IdMapRecursive = 1 << 5,
    KeepMode = 1 << 6,
    NoFollow = 1 << 7,
    Optional = 1 << 8,
}

/// <summary>How the stage gets into the prepared root; the values are plan.h's <c>PLAN_ENTER_*</c>.</summary>
public enum EnterMode : uint
{
    Pivot,

    /// <summary>For a host whose root is a ramdisk.</summary>
    Move,

    /// <summary>Without a mount namespace of the container's own.</summary>
    Chroot,
}
