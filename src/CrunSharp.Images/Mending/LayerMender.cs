using CrunSharp.Images.Store;
using CrunSharp.Images.Unpack;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Mending;

/// <summary>Gives a layer what it takes for granted of the layers below it.</summary>
internal sealed class LayerMender(string tree, LayerRecord record, LayerStack below)
{
    private readonly List<byte[]> _directories = [];

    /// <summary>False where the layer is right as it is, whatever it did not say.</summary>
    public bool FindWhatDiffers()
    {
        using SafeFileHandle root = FileSystem.OpenPath(tree, OpenAs.Directory | OpenAs.Path);
        foreach (byte[] path in record.Needs.ImpliedDirectories)
        {
            using SafeFileHandle? own = FileSystem.TryOpenInRoot(root, path, OpenAs.Directory | OpenAs.NoFollow | OpenAs.Path, 0, out _);
            using SafeFileHandle? parent = below.FindParent(path, out FileStatus wanted);
            if (own is null || parent is null || wanted.Kind != FileKind.Directory)
            {
                continue;
            }

            FileStatus status = FileSystem.GetStatus(own);
            bool hasXattrs = FileSystem.ListXattrs(parent, NameOf(path)).Any(static name => !IsOverlays(name));
            if (hasXattrs || (status.Owner, status.Group, status.Mode, status.Modified) != (wanted.Owner, wanted.Group, wanted.Mode, wanted.Modified))
            {
                _directories.Add(path);
            }
        }

        return _directories.Count > 0 || record.Needs.Links.Count > 0;
    }

    /// <summary>Makes the mended copy; its files are hard links to those of the layer as it came.</summary>
    public void WriteMended(string target)
    {
        TreeCopy.HardLink(tree, target);
        using SafeFileHandle root = FileSystem.OpenPath(target, OpenAs.Directory | OpenAs.Path);
        foreach (LinkBelow link in record.Needs.Links)
        {
            Link(root, link);
        }

        // Deepest first is not needed: times of directories are those of the layers below, set after all names are made.
        foreach (byte[] path in _directories)
        {
            using SafeFileHandle own = FileSystem.OpenInRoot(root, path, OpenAs.Directory | OpenAs.NoFollow);
            using SafeFileHandle? parent = below.FindParent(path, out FileStatus wanted);
            TreeCopy.CopyAttributes(parent!, NameOf(path), wanted, own);
        }
    }

    private void Link(SafeFileHandle root, LinkBelow link)
    {
        ReadOnlySpan<byte> path = link.Path;
        int slash = path.LastIndexOf((byte)'/');
        using SafeFileHandle directory = FileSystem.OpenInRoot(root, slash < 0 ? "."u8 : path[..slash], OpenAs.Directory | OpenAs.Path);
        if (FileSystem.TryGetStatus(directory, NameOf(path), out _))
        {
            // A later entry of the layer took the name.
            return;
        }

        // A new name in it is nothing that the image says of its time.
        FileStatus before = FileSystem.GetStatus(directory);
        Link(root, link, directory);
        FileSystem.SetTimes(directory, "."u8, before.Accessed, before.Modified);
    }

    private void Link(SafeFileHandle root, LinkBelow link, SafeFileHandle directory)
    {
        // The target may itself be such a link, made a moment ago.
        using SafeFileHandle? own = OpenParent(root, link.Target);
        if (own is not null && FileSystem.TryGetStatus(own, NameOf(link.Target), out FileStatus status) && status.Kind != FileKind.Directory)
        {
            FileSystem.TryMakeHardLink(own, NameOf(link.Target), directory, NameOf(link.Path));
            return;
        }

        using SafeFileHandle? other = below.FindParent(link.Target, out status);
        if (other is null || status.Kind == FileKind.Directory)
        {
            throw new CrunException(
                $"cannot unpack the layer with the diff id {record.DiffId}",
                $"'{FileSystem.Show(link.Path)}': it is a hard link to '{FileSystem.Show(link.Target)}', which neither it nor a layer below has as a file");
        }

        // The very inode of the layer below: nothing changes it, and overlay shows both names as one file.
        FileSystem.TryMakeHardLink(other, NameOf(link.Target), directory, NameOf(link.Path));
    }

    private static SafeFileHandle? OpenParent(SafeFileHandle root, ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        return FileSystem.TryOpenInRoot(root, slash < 0 ? "."u8 : path[..slash], OpenAs.Directory | OpenAs.Path, 0, out _);
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    private static bool IsOverlays(ReadOnlySpan<byte> name) =>
        name.StartsWith("trusted.overlay."u8) || name.StartsWith("user.overlay."u8);
}
