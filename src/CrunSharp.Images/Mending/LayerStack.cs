using CrunSharp.Images.Unpack;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Mending;

/// <summary>Looks into layers as overlay would show them, without mounting them.</summary>
internal sealed class LayerStack(IEnumerable<string> trees, bool userXattr) : IDisposable
{
    private readonly List<SafeFileHandle> _roots = [.. trees.Select(static tree => FileSystem.OpenPath(tree, OpenAs.Directory | OpenAs.Path))];

    public void Dispose() => _roots.ForEach(static root => root.Dispose());

    /// <summary>The directory that has the path's last name, and what that is; null where overlay would show nothing.</summary>
    public SafeFileHandle? FindParent(ReadOnlySpan<byte> path, out FileStatus status)
    {
        status = default;
        foreach (SafeFileHandle root in _roots)
        {
            SafeFileHandle? parent = FindIn(root, path, out status, out bool endsHere);
            if (parent is not null || endsHere)
            {
                return parent;
            }
        }

        return null;
    }

    private SafeFileHandle? FindIn(SafeFileHandle root, ReadOnlySpan<byte> path, out FileStatus status, out bool endsHere)
    {
        endsHere = false;
        SafeFileHandle current = FileSystem.OpenAt(root, "."u8, OpenAs.Directory | OpenAs.Path);
        while (true)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            bool isThere = FileSystem.TryGetStatus(current, name, out status);
            if (isThere && slash < 0 && !status.IsWhiteout)
            {
                return current;
            }

            bool goesOn = isThere && slash >= 0 && status.Kind == FileKind.Directory;
            if (!goesOn)
            {
                current.Dispose();

                // Whatever has the name hides the layers below, be it a file in a directory's place.
                endsHere |= isThere;
                return null;
            }

            SafeFileHandle next = FileSystem.OpenAt(current, name, OpenAs.Directory | OpenAs.NoFollow | OpenAs.Path);
            current.Dispose();
            current = next;
            endsHere |= FileSystem.GetXattr(current, default, TreeWriter.OpaqueName(userXattr)) is not null;
            path = path[(slash + 1)..];
        }
    }
}
