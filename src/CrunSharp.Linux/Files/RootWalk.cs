using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Makes the directory that a path needs and that is missing, or has something in its place that is no directory.</summary>
/// <remarks>It may leave things as they are: the path is then not found.</remarks>
public delegate void DirectoryMaker(SafeFileHandle parent, ReadOnlySpan<byte> name);

/// <summary>Resolves a path inside a root one component at a time, each by a descriptor and without following it.</summary>
/// <remarks>
/// What <c>RESOLVE_IN_ROOT</c> does, for kernels without it and for callers that want missing directories made on the way.
/// <c>..</c> goes back along the descriptors that led here, so a directory moved meanwhile leads nowhere else.
/// </remarks>
internal sealed class RootWalk : IDisposable
{
    private const int MostLinks = 40;

    private readonly SafeFileHandle _root;
    private readonly List<SafeFileHandle> _below = [];
    private int _links;

    private RootWalk(SafeFileHandle root) => _root = root;

    private SafeFileHandle Current => _below.Count > 0 ? _below[^1] : _root;

    public void Dispose() => _below.ForEach(static handle => handle.Dispose());

    internal static SafeFileHandle? TryOpen(
        SafeFileHandle root, ReadOnlySpan<byte> path, OpenAs flags, uint mode, out int errno, DirectoryMaker? maker = null)
    {
        using RootWalk walk = new(root);
        return walk.Open(path.ToArray(), flags, mode, maker, out errno);
    }

    private SafeFileHandle? Open(byte[] path, OpenAs flags, uint mode, DirectoryMaker? maker, out int errno)
    {
        // What is still ahead, the next component last.
        Stack<ReadOnlyMemory<byte>> ahead = new();
        Push(ahead, path);
        errno = path.Length == 0 ? LibC.ENOENT : 0;

        // A slash at the end asks for a directory.
        if (path.Length > 0 && path[^1] == '/')
        {
            flags |= OpenAs.Directory;
        }

        while (errno == 0 && ahead.TryPop(out ReadOnlyMemory<byte> component))
        {
            ReadOnlySpan<byte> name = component.Span;
            if (name.SequenceEqual(".."u8))
            {
                Leave();
                continue;
            }

            if (ahead.Count == 0)
            {
                SafeFileHandle? last = OpenLast(name, flags, mode, maker, ahead, out errno);
                if (last is not null)
                {
                    return last;
                }

                continue;
            }

            errno = Enter(name, maker, ahead);
        }

        return errno == 0 ? Reopen(flags, out errno) : null;
    }

    private int Enter(ReadOnlySpan<byte> name, DirectoryMaker? maker, Stack<ReadOnlyMemory<byte>> ahead)
    {
        SafeFileHandle? next = Look(name, maker);
        if (next is null)
        {
            return LibC.ENOENT;
        }

        FileKind kind = FileSystem.GetStatus(next).Kind;
        if (kind == FileKind.SymbolicLink)
        {
            return FollowThenDispose(next, ahead);
        }

        _below.Add(next);
        return kind == FileKind.Directory ? 0 : LibC.ENOTDIR;
    }

    private SafeFileHandle? OpenLast(
        ReadOnlySpan<byte> name, OpenAs flags, uint mode, DirectoryMaker? maker, Stack<ReadOnlyMemory<byte>> ahead, out int errno)
    {
        SafeFileHandle? found = Look(name, maker);
        bool isLink = found is not null && FileSystem.GetStatus(found).Kind == FileKind.SymbolicLink;
        bool follows = (flags & OpenAs.NoFollow) == 0 && (flags & (OpenAs.Create | OpenAs.Exclusive)) != (OpenAs.Create | OpenAs.Exclusive);
        if (isLink && follows)
        {
            errno = FollowThenDispose(found!, ahead);
            return null;
        }

        found?.Dispose();
        try
        {
            // NoFollow: what was no link a moment ago may be one now.
            errno = 0;
            return FileSystem.OpenAt(Current, name, flags | OpenAs.NoFollow, mode);
        }
        catch (LinuxException failure)
        {
            errno = failure.Errno;
            return null;
        }
    }

    private SafeFileHandle? Look(ReadOnlySpan<byte> name, DirectoryMaker? maker)
    {
        const OpenAs Itself = OpenAs.Path | OpenAs.NoFollow;
        SafeFileHandle? found = FileSystem.TryOpenAt(Current, name, Itself);
        if (maker is not null && (found is null || FileSystem.GetStatus(found).Kind is not (FileKind.Directory or FileKind.SymbolicLink)))
        {
            found?.Dispose();
            maker(Current, name);
            found = FileSystem.TryOpenAt(Current, name, Itself);
        }

        return found;
    }

    private int FollowThenDispose(SafeFileHandle link, Stack<ReadOnlyMemory<byte>> ahead)
    {
        using (link)
        {
            if (++_links > MostLinks)
            {
                return LibC.ELOOP;
            }

            // Magic links (/proc/PID/fd/N) have a text too, but mean an inode anywhere: only procfs has them.
            if (FileSystem.IsProc(link))
            {
                return LibC.ELOOP;
            }

            byte[] target = FileSystem.ReadLink(link);
            if (target.Length > 0 && target[0] == '/')
            {
                while (_below.Count > 0)
                {
                    Leave();
                }
            }

            Push(ahead, target);
            return 0;
        }
    }

    private SafeFileHandle? Reopen(OpenAs flags, out int errno)
    {
        try
        {
            errno = 0;
            return FileSystem.OpenAt(Current, "."u8, flags);
        }
        catch (LinuxException failure)
        {
            errno = failure.Errno;
            return null;
        }
    }

    private void Leave()
    {
        // ".." of the root is the root.
        if (_below.Count > 0)
        {
            _below[^1].Dispose();
            _below.RemoveAt(_below.Count - 1);
        }
    }

    private static void Push(Stack<ReadOnlyMemory<byte>> ahead, byte[] path)
    {
        int end = path.Length;
        for (int index = path.Length - 1; index >= -1; index--)
        {
            if (index >= 0 && path[index] != '/')
            {
                continue;
            }

            ReadOnlyMemory<byte> component = path.AsMemory(index + 1, end - index - 1);
            if (component.Length > 0 && !component.Span.SequenceEqual("."u8))
            {
                ahead.Push(component);
            }

            end = index;
        }
    }
}
