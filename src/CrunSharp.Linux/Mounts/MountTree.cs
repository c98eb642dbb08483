using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Trees of mounts that are in no namespace yet: made where the rights to them are, attached elsewhere.</summary>
public static unsafe partial class MountTree
{
    // Equal on x86-64 and arm64, as all calls since 5.1.
    private const nint SYS_open_tree = 428;
    private const nint SYS_mount_setattr = 442;

    private const uint OPEN_TREE_CLONE = 1;
    private const uint OPEN_TREE_CLOEXEC = 0x80000;
    private const uint AT_RECURSIVE = 0x8000;
    private const uint AT_EMPTY_PATH = 0x1000;
    private const ulong MOUNT_ATTR_IDMAP = 0x100000;

    /// <summary>A copy of what is mounted at <paramref name="path"/>, with or without all that is mounted in it.</summary>
    /// <remarks>open_tree(2), Linux 5.2; needs CAP_SYS_ADMIN over the mount namespace.</remarks>
    /// <exception cref="LinuxException">The kernel refused; the errno is kept.</exception>
    public static SafeFileHandle Clone(string path, bool recursive)
    {
        uint flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
        nint tree = open_tree(SYS_open_tree, LibC.AT_FDCWD, path, flags);
        return tree >= 0
            ? new SafeFileHandle(tree, ownsHandle: true)
            : throw Answer.Refused($"open_tree(AT_FDCWD, \"{path}\", {(recursive ? "AT_RECURSIVE, " : "")}OPEN_TREE_CLONE)");
    }

    /// <summary>Lets the tree show its ids as a user namespace maps them.</summary>
    /// <remarks>mount_setattr(2), Linux 5.12; needs CAP_SYS_ADMIN over the filesystem, which has to support it.</remarks>
    /// <exception cref="LinuxException">The kernel refused; the errno is kept.</exception>
    public static void MapIds(SafeFileHandle tree, SafeFileHandle userNamespace, bool recursive)
    {
        bool added = false;
        userNamespace.DangerousAddRef(ref added);
        try
        {
            mount_attr attributes = new() { set = MOUNT_ATTR_IDMAP, userns_fd = (ulong)userNamespace.DangerousGetHandle() };

            // The pointers are to this frame and to constant bytes.
            fixed (byte* empty = "\0"u8)
            {
                if (mount_setattr(SYS_mount_setattr, tree, empty, AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, (nuint)sizeof(mount_attr)) < 0)
                {
                    throw Answer.Refused("mount_setattr(MOUNT_ATTR_IDMAP)");
                }
            }
        }
        finally
        {
            if (added)
            {
                userNamespace.DangerousRelease();
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct mount_attr
    {
        public ulong set;
        public ulong clear;
        public ulong propagation;
        public ulong userns_fd;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint open_tree(nint number, int directory, string path, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint mount_setattr(nint number, SafeFileHandle directory, byte* path, uint flags, mount_attr* attributes, nuint size);
}
