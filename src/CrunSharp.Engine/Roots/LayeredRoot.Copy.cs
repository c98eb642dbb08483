using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

internal sealed partial class LayeredRoot
{
    // What these say is overlay's own, or is set by the kernel for the file as it is now.
    private static readonly string[] s_notCopied = ["trusted.overlay.", "user.overlay.", "security.selinux", "system.posix_acl_"];

    /// <summary>Fills an empty directory with what the directory at <paramref name="path"/> holds; owner and mode come too.</summary>
    /// <remarks>
    /// Nothing is copied where there is none. Links are followed as the mount follows them: within the root. Names of
    /// one file stay names of one file.
    /// </remarks>
    public void CopyTo(string path, string target)
    {
        using Walk walk = new(_root);
        if (!Resolve(walk, path) || walk.Leaf is not null)
        {
            return;
        }

        using SafeFileHandle directory = FileSystem.OpenPath(target, OpenAs.Directory);
        CopyDirectory(walk, directory, new Copied(directory));
        FileStatus status = FileSystem.GetStatus(walk.Current.Parts[0]);
        FileSystem.SetOwner(directory, status.Owner, status.Group);
        FileSystem.SetMode(directory, status.Mode);
    }

    private static void CopyDirectory(Walk walk, SafeFileHandle target, Copied copied)
    {
        foreach (byte[] name in NamesIn(walk.Current))
        {
            if (!walk.Down(name))
            {
                continue;
            }

            if (walk.Leaf is { } leaf)
            {
                walk.Leaf = null;
                CopyEntry(leaf, target, copied);
                continue;
            }

            FileStatus status = FileSystem.GetStatus(walk.Current.Parts[0]);
            FileSystem.TryMakeDirectory(target, name, 0x1C0 /* 0700, until it is full */);
            using (SafeFileHandle below = FileSystem.OpenAt(target, name, OpenAs.Directory | OpenAs.NoFollow))
            {
                copied.Enter(name);
                CopyDirectory(walk, below, copied);
                copied.Leave();
            }

            walk.Up();
            Finish(walk.Current.Parts.First(part => FileSystem.TryGetStatus(part, name, out _)), target, name, status);
        }
    }

    private static List<byte[]> NamesIn(Level level)
    {
        List<byte[]> names = [];
        HashSet<string> seen = [];
        foreach (SafeFileHandle part in level.Parts)
        {
            using SafeFileHandle readable = FileSystem.OpenAt(part, "."u8, OpenAs.Directory);
            using DirectoryReader reader = new(readable);
            while (reader.Read())
            {
                // Names are bytes; as Latin-1 each has a text of its own.
                if (seen.Add(Encoding.Latin1.GetString(reader.Name)))
                {
                    names.Add(reader.Name.ToArray());
                }
            }
        }

        return names;
    }

    private static void CopyEntry(Found entry, SafeFileHandle target, Copied copied)
    {
        if (entry.Status.Links > 1 && copied.TryLink(entry, target))
        {
            return;
        }

        switch (entry.Status.Kind)
        {
            case FileKind.Regular:
                using (SafeFileHandle? source = FileSystem.TryOpenAt(entry.Parent, entry.Name, OpenAs.Read | OpenAs.NoFollow | OpenAs.NonBlocking))
                using (SafeFileHandle? copy = FileSystem.TryCreateFile(target, entry.Name, 0x180 /* 0600 */))
                {
                    if (source is null || copy is null)
                    {
                        return;
                    }

                    FileSystem.CopySparse(source, copy, entry.Status.Size);
                }

                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice when UserNamespace.IsRootless:
                // No device can be made in a user namespace; the unpacker has told of it already.
                return;
            case FileKind.SymbolicLink:
                FileSystem.TryMakeSymbolicLink(FileSystem.ReadLink(entry.Parent, entry.Name), target, entry.Name);
                break;
            default:
                FileSystem.TryMakeNode(target, entry.Name, entry.Status.Kind, entry.Status.Mode, entry.Status.Node);
                break;
        }

        Finish(entry.Parent, target, entry.Name, entry.Status);
    }

    // Owner before mode: a change of owner takes set-user-id away. Times last: all else changes them.
    private static void Finish(SafeFileHandle source, SafeFileHandle target, byte[] name, in FileStatus status)
    {
        FileSystem.SetOwner(target, name, status.Owner, status.Group);
        if (status.Kind != FileKind.SymbolicLink)
        {
            FileSystem.SetMode(target, name, status.Mode);
            foreach (byte[] attribute in FileSystem.ListXattrs(source, name))
            {
                string text = Encoding.Latin1.GetString(attribute);
                if (!s_notCopied.Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal)) && FileSystem.GetXattr(source, name, attribute) is { } value)
                {
                    FileSystem.SetXattr(target, name, attribute, value);
                }
            }
        }

        FileSystem.SetTimes(target, name, status.Accessed, status.Modified);
    }

    /// <summary>Where files with several names were copied to, as paths from the copy's root.</summary>
    private sealed class Copied(SafeFileHandle root)
    {
        private const int LongestPath = 4000;
        private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _places = [];
        private readonly List<byte[]> _directories = [];

        public void Enter(byte[] name) => _directories.Add(name);

        public void Leave() => _directories.RemoveAt(_directories.Count - 1);

        /// <summary>Gives the copy that is there a further name; the first time it only remembers the name.</summary>
        public bool TryLink(Found entry, SafeFileHandle target)
        {
            (ulong, ulong) key = (entry.Status.Device, entry.Status.Inode);
            if (_places.TryGetValue(key, out byte[]? place))
            {
                return FileSystem.TryMakeHardLink(root, place, target, entry.Name);
            }

            byte[] path = [.. _directories.SelectMany(static directory => directory.Append((byte)'/')), .. entry.Name];
            if (path.Length < LongestPath)
            {
                _places.Add(key, path);
            }

            return false;
        }
    }
}
