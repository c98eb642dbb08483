using System.Buffers.Binary;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>What a call wants of the file that a path names.</summary>
[Flags]
internal enum Want
{
    Lookup = 0,
    Execute = 1,
    Write = 2,
    Read = 4,

    /// <summary>A name in the directory is made or taken away.</summary>
    Name = 8,
    Remove = 16,

    /// <summary>Made where it is missing.</summary>
    Create = 32,

    /// <summary>Mode, times or attributes: the owner's alone.</summary>
    Own = 64,
    NoAccessTime = 128,

    /// <summary>It becomes the program of the process.</summary>
    Program = 256,

    /// <summary>It is opened, not only looked at: devices answer, masks show.</summary>
    Open = 512,
}

/// <summary>A path among the arguments of a call.</summary>
/// <param name="Directory">The descriptor that a relative one begins at; <see cref="PathCalls.WorkingDirectory"/> for none.</param>
/// <param name="Path">Null: the descriptor itself is meant.</param>
internal sealed record PathUse(int Directory, byte[]? Path, bool Follows, Want Want);

/// <summary>Where calls have their paths, and what they do with them.</summary>
internal static class PathCalls
{
    public const int WorkingDirectory = -100;

    private const int O_ACCMODE = 3;
    private const int O_CREAT = 0x40;
    private const int O_TRUNC = 0x200;
    private const int O_PATH = 0x200000;
    private const int O_NOATIME = 0x40000;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_SYMLINK_FOLLOW = 0x400;
    private const int AF_UNIX = 1;

    private static int NoFollow => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 0x8000 : 0x20000;

    public static IReadOnlyList<PathUse> Of(int thread, string name, SystemCall call)
    {
        return name switch
        {
            "open" => [At(0, Wanted((int)call.B), ((int)call.B & NoFollow) == 0)],
            "creat" => [At(0, Want.Open | Want.Write | Want.Create)],
            "openat" => [From(0, 1, Wanted((int)call.C), ((int)call.C & NoFollow) == 0)],
            "openat2" => [From(0, 1, Wanted(Word(call.C)), (Word(call.C) & NoFollow) == 0)],
            "execve" => [At(0, Want.Program | Want.Execute)],
            "execveat" => [From(0, 1, Want.Program | Want.Execute)],
            "mkdir" or "mknod" => [At(0, Want.Name, follows: false)],
            "rmdir" or "unlink" => [At(0, Want.Name | Want.Remove, follows: false)],
            "mkdirat" or "mknodat" => [From(0, 1, Want.Name, follows: false)],
            "unlinkat" => [From(0, 1, Want.Name | Want.Remove, follows: false)],
            "symlink" => [At(1, Want.Name, follows: false)],
            "symlinkat" => [From(1, 2, Want.Name, follows: false)],
            "link" => [At(0, Want.Lookup, follows: false), At(1, Want.Name, follows: false)],
            "linkat" => [From(0, 1, Want.Lookup, ((int)call.E & AT_SYMLINK_FOLLOW) != 0), From(2, 3, Want.Name, follows: false)],
            "rename" => [At(0, Want.Name | Want.Remove, follows: false), At(1, Want.Name | Want.Remove, follows: false)],
            "renameat" or "renameat2" => [From(0, 1, Want.Name | Want.Remove, follows: false), From(2, 3, Want.Name | Want.Remove, follows: false)],
            "chmod" or "utime" or "utimes" => [At(0, Want.Own)],
            "fchmodat" or "fchmodat2" or "futimesat" => [From(0, 1, Want.Own)],
            "utimensat" => [From(0, 1, Want.Own, ((int)call.D & AT_SYMLINK_NOFOLLOW) == 0)],
            "fchmod" => [Descriptor(Want.Own)],
            "chown" => [At(0, Want.Own)],
            "lchown" => [At(0, Want.Own, follows: false)],
            "fchownat" => [From(0, 1, Want.Own, ((int)call.E & AT_SYMLINK_NOFOLLOW) == 0)],
            "fchown" => [Descriptor(Want.Own)],
            "setxattr" or "removexattr" => [At(0, Want.Own)],
            "lsetxattr" or "lremovexattr" => [At(0, Want.Own, follows: false)],
            "fsetxattr" or "fremovexattr" => [Descriptor(Want.Own)],
            "truncate" => [At(0, Want.Write)],
            "access" => [At(0, (Want)((int)call.B & 7))],
            "faccessat" or "faccessat2" => [From(0, 1, (Want)((int)call.C & 7))],
            "stat" or "statfs" or "getxattr" or "listxattr" => [At(0, Want.Lookup)],
            "lstat" or "readlink" or "lgetxattr" => [At(0, Want.Lookup, follows: false)],
            "newfstatat" or "statx" or "readlinkat" or "name_to_handle_at" => [From(0, 1, Want.Lookup)],
            "chdir" or "chroot" => [At(0, Want.Execute)],
            "inotify_add_watch" => [At(1, Want.Read)],
            "mount" => [At(1, Want.Lookup)],
            "umount2" or "swapon" or "swapoff" or "acct" or "pivot_root" => [At(0, Want.Lookup)],
            "open_tree" or "mount_setattr" => [From(0, 1, Want.Lookup)],
            "move_mount" => [From(0, 1, Want.Lookup), From(2, 3, Want.Lookup)],
            "connect" or "bind" when SocketPath(call) is { } path => [new PathUse(WorkingDirectory, path, true, name == "connect" ? Want.Write : Want.Name)],
            "write" or "writev" or "pwrite64" or "pwritev" or "ftruncate" or "fallocate" => [Descriptor(Want.Write)],
            _ => [],
        };

        PathUse At(int argument, Want want, bool follows = true) => new(WorkingDirectory, ProcessMemory.ReadText(thread, call[argument]), follows, want);

        PathUse From(int directory, int argument, Want want, bool follows = true)
        {
            byte[]? path = ProcessMemory.ReadText(thread, call[argument]);
            return new PathUse((int)call[directory], path is [] ? null : path, follows, want);
        }

        PathUse Descriptor(Want want) => new((int)call.A, null, true, want);

        int Word(ulong address)
        {
            Span<byte> bytes = stackalloc byte[8];
            return ProcessMemory.Read(thread, address, bytes) == 8 ? (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        }

        byte[]? SocketPath(SystemCall made)
        {
            Span<byte> address = stackalloc byte[110];
            int length = ProcessMemory.Read(thread, made.B, address[..(int)Math.Min(made.C, 110)]);
            bool isPath = length > 2 && BinaryPrimitives.ReadUInt16LittleEndian(address) == AF_UNIX && address[2] != 0;
            int end = isPath ? address[2..length].IndexOf((byte)0) : 0;
            return isPath ? address.Slice(2, end < 0 ? length - 2 : end).ToArray() : null;
        }
    }

    private static Want Wanted(int flags)
    {
        if ((flags & O_PATH) != 0)
        {
            return Want.Lookup;
        }

        Want want = Want.Open | (flags & O_ACCMODE) switch { 0 => Want.Read, 1 => Want.Write, _ => Want.Read | Want.Write };
        want |= (flags & O_TRUNC) != 0 ? Want.Write : 0;
        want |= (flags & O_CREAT) != 0 ? Want.Create : 0;
        return want | ((flags & O_NOATIME) != 0 ? Want.NoAccessTime : 0);
    }
}
