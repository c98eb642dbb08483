using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Unpack;

// What only image layers have: names that hide what lies below, and what they expect to lie there.
internal sealed partial class TreeWriter
{
    private readonly Dictionary<ulong, byte[]> _implied = [];
    private readonly List<LinkBelow> _links = [];

    /// <summary>Whether the layer hides everything below it.</summary>
    public bool HidesAllBelow { get; private set; }

    public LayerNeeds Needs => _implied.Count == 0 && _links.Count == 0
        ? LayerNeeds.None
        : new LayerNeeds { ImpliedDirectories = [.. _implied.Values], Links = [.. _links] };

    /// <summary>Overlay's sign on a directory that nothing of the layers below is seen in it.</summary>
    /// <remarks>kernel, Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".</remarks>
    internal static ReadOnlySpan<byte> OpaqueName(bool userXattr) => userXattr ? "user.overlay.opaque"u8 : "trusted.overlay.opaque"u8;

    private void Hide(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(".wh..opq"u8))
        {
            // Overlay asks for no sign on the root of a layer: the store leaves out what lies below.
            HidesAllBelow |= _path.Parent.IsEmpty;
            FileSystem.SetXattr(parent, "."u8, OpaqueName(_identity.UserXattr), "y"u8);
            return;
        }

        if (name.StartsWith(".wh."u8))
        {
            _notes.Add($"'{FileSystem.Show(_path.Whole)}' was left out: only aufs knows what it means");
            return;
        }

        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw new InvalidDataException("it removes a directory by a name for itself");
        }

        if (!FileSystem.TryGetStatus(parent, name, out FileStatus status))
        {
            FileSystem.TryMakeNode(parent, name, FileKind.CharacterDevice, 0);
        }
        else if (status.Kind == FileKind.Directory)
        {
            // Both in one layer, in either order: it replaces the directory below, it is not added to it.
            using SafeFileHandle directory = FileSystem.OpenAt(parent, name, OpenAs.Directory | OpenAs.NoFollow);
            MarkOpaque(directory);
        }
    }

    private void MarkOpaque(SafeFileHandle directory) =>
        FileSystem.SetXattr(directory, OpaqueName(_identity.UserXattr), "y"u8);

    private void MakeImplied(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        bool wasHidden = false;
        if (FileSystem.TryGetStatus(parent, name, out FileStatus status))
        {
            if (!_options.Whiteouts || !status.IsWhiteout)
            {
                return;
            }

            FileSystem.TryUnlink(parent, name);
            wasHidden = true;
        }

        if (!FileSystem.TryMakeDirectory(parent, name, DirectoryMode))
        {
            return;
        }

        using SafeFileHandle directory = FileSystem.OpenAt(parent, name, OpenAs.Directory | OpenAs.NoFollow);
        FileSystem.SetMode(directory, DirectoryMode);
        if (!_identity.SquashOwners)
        {
            // A directory with setgid above would hand down its group.
            (uint owner, uint group) = _options.Owner ?? (0, 0);
            FileSystem.SetOwner(directory, owner, group);
        }

        byte[] path = PathBelowRoot(directory, default);
        ulong inode = FileSystem.GetStatus(directory).Inode;
        _deferred.Add(new Deferred(path, inode, DirectoryMode, s_unsaidTime));
        if (wasHidden)
        {
            MarkOpaque(directory);
        }
        else if (_options.Whiteouts)
        {
            _implied[inode] = path;
        }
    }

    private void LinkLater(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        if (!_options.Whiteouts)
        {
            throw new InvalidDataException($"it is a hard link to '{FileSystem.Show(_target.Whole)}', which is not there");
        }

        if (_links.Count == MostLinks)
        {
            throw new InvalidDataException($"it has more than {MostLinks} hard links to files that it does not contain");
        }

        Clear(parent, name);
        _links.Add(new LinkBelow(PathBelowRoot(parent, name), _target.Whole.ToArray()));
    }

    private const int MostLinks = 100_000;

    // Where a directory really is: an archive's path may lead to it through links.
    private byte[] PathBelowRoot(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> whole = FileSystem.PathOf(directory);
        ReadOnlySpan<byte> below = whole[FileSystem.PathOf(_root).Length..].TrimStart((byte)'/');
        return name.IsEmpty ? below.ToArray() : below.IsEmpty ? name.ToArray() : [.. below, (byte)'/', .. name];
    }
}
