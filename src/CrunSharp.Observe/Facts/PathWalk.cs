using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Observe;

/// <summary>A file on the way, as it was found.</summary>
/// <param name="Content">Where this process can read it.</param>
internal sealed record Place(string Path, FileStatus Status, MountEntry? Mount, bool IsImmutable, bool IsProc, string Content);

/// <summary>Goes a path as a process would, and keeps what it passes: each directory, the mount it is on, where it ends.</summary>
/// <remarks>From the outside and with this process's rights: what stops the process does not stop the walk.</remarks>
internal sealed class PathWalk : IDisposable
{
    private const int MostLinks = 40;
    private readonly ProcessFacts _process;
    private readonly List<Place> _directories = [];
    private readonly Stack<string> _ahead = new();
    private SafeFileHandle? _root;
    private SafeFileHandle? _current;
    private string _path = "/";
    private int _links;

    private PathWalk(ProcessFacts process) => _process = process;

    /// <summary>Every directory that was searched, in order.</summary>
    public IReadOnlyList<Place> Directories => _directories;

    /// <summary>What the path names; null when it is not there.</summary>
    public Place? Target { get; private set; }

    /// <summary>The directory that holds the last name, where all before it exist.</summary>
    public Place? Parent { get; private set; }

    /// <summary>The path without links, as the process would call it.</summary>
    public string Path { get; private set; } = "/";

    public static PathWalk? Try(ProcessFacts process, PathUse use)
    {
        PathWalk walk = new(process);
        try
        {
            walk.Go(use);
            return walk;
        }
        catch (LinuxException)
        {
            walk.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        _root?.Dispose();
        _current?.Dispose();
    }

    private void Go(PathUse use)
    {
        string own = $"/proc/{_process.Id}";
        _root = FileSystem.OpenPath($"{own}/root", OpenAs.Path);
        bool isAbsolute = use.Path is [(byte)'/', ..];
        string start = isAbsolute ? "root" : use.Directory == PathCalls.WorkingDirectory ? "cwd" : $"fd/{use.Directory}";
        _current = FileSystem.OpenPath($"{own}/{start}", OpenAs.Path);
        _path = isAbsolute ? "/" : _process.Link(start);
        if (use.Path is not { Length: > 0 } path)
        {
            Target = Look(_path, _current);
            Path = _path;
            return;
        }

        Push(Encoding.UTF8.GetString(path));
        while (_ahead.TryPop(out string? name))
        {
            Place directory = Look(_path, _current);
            _directories.Add(directory);
            bool isLast = _ahead.Count == 0;
            if (name == "..")
            {
                Leave(directory);
                continue;
            }

            Parent = isLast ? directory : null;
            Path = Join(_path, name);
            SafeFileHandle? next = Open(name);
            if (next is null)
            {
                return;
            }

            if (FileSystem.GetStatus(next).Kind == FileKind.SymbolicLink && (!isLast || use.Follows))
            {
                Follow(next, name);
                continue;
            }

            _current.Dispose();
            _current = next;
            _path = Path;
            if (isLast)
            {
                Target = Look(_path, next);
            }
        }

        // It ended in '..' or in a link to a directory above.
        Target ??= Look(_path, _current);
        Path = _path;
    }

    private SafeFileHandle? Open(string name)
    {
        // procfs answers these with the number of whoever asks.
        string asked = name is "self" && FileSystem.IsProc(_current!) && _path == "/proc" ? $"{_process.InnerId}" : name;
        try
        {
            return FileSystem.TryOpenAt(_current!, Encoding.UTF8.GetBytes(asked), OpenAs.Path | OpenAs.NoFollow);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOTDIR or Errno.EACCES)
        {
            return null;
        }
    }

    private void Follow(SafeFileHandle link, string name)
    {
        using (link)
        {
            if (++_links > MostLinks)
            {
                throw new LinuxException(40, "readlink");
            }

            if (FileSystem.IsProc(link) && _path.StartsWith("/proc/", StringComparison.Ordinal))
            {
                // A magic link leads to an inode, whatever its text says.
                SafeFileHandle jumped = FileSystem.OpenAt(_current!, Encoding.UTF8.GetBytes(name), OpenAs.Path);
                _path = Encoding.UTF8.GetString(FileSystem.ReadLink(link));
                _current!.Dispose();
                _current = jumped;
                if (_ahead.Count == 0)
                {
                    Target = Look(_path, jumped);
                    Path = _path;
                }

                return;
            }

            string target = Encoding.UTF8.GetString(FileSystem.ReadLink(link));
            if (target.StartsWith('/'))
            {
                _current!.Dispose();
                _current = FileSystem.OpenPath($"/proc/{_process.Id}/root", OpenAs.Path);
                _path = "/";
            }

            Push(target);
        }
    }

    private void Leave(Place directory)
    {
        if (directory.Status.IsSameAs(FileSystem.GetStatus(_root!)))
        {
            return;
        }

        SafeFileHandle above = FileSystem.OpenAt(_current!, ".."u8, OpenAs.Path);
        _current!.Dispose();
        _current = above;
        _path = System.IO.Path.GetDirectoryName(_path) ?? "/";
    }

    private Place Look(string path, SafeFileHandle handle) =>
        new(path, FileSystem.GetStatus(handle), _process.Mounts.Of(handle), FileSystem.IsImmutable(handle), FileSystem.IsProc(handle), $"/proc/{_process.Id}/root{path}");

    private void Push(string path)
    {
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (name != ".")
            {
                _ahead.Push(name);
            }
        }
    }

    private static string Join(string directory, string name) => directory == "/" ? $"/{name}" : $"{directory}/{name}";
}
