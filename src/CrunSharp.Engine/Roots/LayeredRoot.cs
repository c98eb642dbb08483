using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>A root filesystem looked at as a container will see it, while it is still a stack of layers.</summary>
/// <remarks>
/// All in it is hostile. Each name is opened by itself, from a descriptor and without following links; links are
/// followed here, and end at the root. What overlayfs hides (whiteouts, opaque directories) is hidden here too.
/// </remarks>
internal sealed partial class LayeredRoot : IDisposable
{
    private const int MostLinks = 40;
    private static readonly byte[][] s_opaque = ["trusted.overlay.opaque"u8.ToArray(), "user.overlay.opaque"u8.ToArray()];
    private readonly Level _root;

    /// <param name="layers">Directories, the top one first.</param>
    public LayeredRoot(IEnumerable<string> layers) =>
        _root = new Level([.. layers.Select(static layer => FileSystem.OpenPath(layer, OpenAs.Path | OpenAs.Directory))]);

    /// <summary>The content of a regular file; null where there is none, whatever else there is instead.</summary>
    /// <param name="limit">A larger file counts as none: it is no passwd or group, but somebody's attempt on our memory.</param>
    public byte[]? TryRead(string path, int limit)
    {
        using SafeFileHandle? file = TryOpen(path);
        if (file is null)
        {
            return null;
        }

        long size = FileSystem.GetStatus(file).Size;
        if (size > limit)
        {
            return null;
        }

        byte[] content = new byte[size];
        int length = 0;
        while (length < content.Length && RandomAccess.Read(file, content.AsSpan(length), length) is > 0 and int read)
        {
            length += read;
        }

        return content[..length];
    }

    public bool HasDirectory(string path)
    {
        using Walk walk = new(_root);
        return Resolve(walk, path) && walk.Leaf is null;
    }

    /// <summary>Opens a regular file for reading, or answers null.</summary>
    public SafeFileHandle? TryOpen(string path)
    {
        using Walk walk = new(_root);
        if (!Resolve(walk, path) || walk.Leaf is not { } leaf)
        {
            return null;
        }

        // A FIFO would keep us waiting for its writer, a device could be anything: look before, and again on what was opened.
        if (leaf.Status.Kind != FileKind.Regular)
        {
            return null;
        }

        SafeFileHandle? file = FileSystem.TryOpenAt(leaf.Parent, leaf.Name, OpenAs.Read | OpenAs.NoFollow | OpenAs.NonBlocking);
        if (file is not null && FileSystem.GetStatus(file) is { Kind: FileKind.Regular } status && status.IsSameAs(leaf.Status))
        {
            return file;
        }

        file?.Dispose();
        return null;
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Follows a path to its end, links included.</summary>
    private static bool Resolve(Walk walk, string path)
    {
        Stack<byte[]> pending = new();
        Push(pending, Encoding.UTF8.GetBytes(path));
        int links = 0;
        while (pending.TryPop(out byte[]? name))
        {
            if (name.AsSpan().SequenceEqual("."u8))
            {
                continue;
            }

            if (name.AsSpan().SequenceEqual(".."u8))
            {
                walk.Up();
                continue;
            }

            if (!walk.Down(name))
            {
                return false;
            }

            if (walk.Leaf is { } leaf)
            {
                if (leaf.Status.Kind == FileKind.SymbolicLink)
                {
                    byte[] target = FileSystem.ReadLink(leaf.Parent, leaf.Name);
                    if (++links > MostLinks || target.Length == 0)
                    {
                        return false;
                    }

                    walk.Leaf = null;
                    if (target[0] == '/')
                    {
                        walk.ToRoot();
                    }

                    Push(pending, target);
                }
                else if (pending.Count > 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Push(Stack<byte[]> pending, byte[] path)
    {
        List<byte[]> names = [];
        foreach (Range range in path.AsSpan().Split((byte)'/'))
        {
            if (path[range] is { Length: > 0 } name)
            {
                names.Add(name);
            }
        }

        for (int i = names.Count - 1; i >= 0; i--)
        {
            pending.Push(names[i]);
        }
    }

    /// <summary>One directory, as the layers that have it, the top one first.</summary>
    private sealed class Level(List<SafeFileHandle> parts) : IDisposable
    {
        public List<SafeFileHandle> Parts { get; } = parts;

        public void Dispose() => Parts.ForEach(static part => part.Dispose());
    }

    /// <summary>What is no directory: where it is, and what it was when looked at.</summary>
    private sealed record Found(SafeFileHandle Parent, byte[] Name, FileStatus Status);

    private sealed class Walk(Level root) : IDisposable
    {
        private readonly List<Level> _levels = [];

        public Found? Leaf { get; set; }

        public Level Current => _levels.Count == 0 ? root : _levels[^1];

        public void Up()
        {
            if (_levels.Count > 0)
            {
                _levels[^1].Dispose();
                _levels.RemoveAt(_levels.Count - 1);
            }
        }

        public void ToRoot()
        {
            while (_levels.Count > 0)
            {
                Up();
            }
        }

        public bool Down(byte[] name)
        {
            List<SafeFileHandle> merged = [];
            List<SafeFileHandle> layers = Current.Parts;
            for (int i = 0; i < layers.Count; i++)
            {
                SafeFileHandle layer = layers[i];
                if (!FileSystem.TryGetStatus(layer, name, out FileStatus status))
                {
                    continue;
                }

                if (status.Kind != FileKind.Directory)
                {
                    // A whiteout hides what is below; so does a file beneath a directory, and the reverse.
                    if (merged.Count == 0 && !status.IsWhiteout)
                    {
                        Leaf = new Found(layer, name, status);
                        return true;
                    }

                    break;
                }

                merged.Add(FileSystem.OpenAt(layer, name, OpenAs.Path | OpenAs.Directory | OpenAs.NoFollow));
                if (i < layers.Count - 1 && IsOpaque(layer, name))
                {
                    break;
                }
            }

            if (merged.Count == 0)
            {
                return false;
            }

            _levels.Add(new Level(merged));
            return true;
        }

        public void Dispose() => ToRoot();

        private static bool IsOpaque(SafeFileHandle parent, byte[] name) =>
            s_opaque.Any(attribute => FileSystem.GetXattr(parent, name, attribute) is [(byte)'y', ..]);
    }
}
