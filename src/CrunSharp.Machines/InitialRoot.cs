using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Machines;

/// <summary>A tree as the archive that a kernel takes for its first root.</summary>
internal static class InitialRoot
{
    /// <summary>Writes the archive; owners, modes, links and devices come too, sockets and extended attributes do not.</summary>
    public static void Write(string tree, Stream output)
    {
        CpioWriter writer = new(output);
        using SafeFileHandle root = FileSystem.OpenPath(tree, OpenAs.Directory);
        AddDirectory(writer, root, ".");

        // The kernel opens it before the first process mounts /dev.
        writer.Add("dev/console"u8, CpioWriter.CharacterDevice | 0x180 /* 0600 */, 0, 0, [], 5, 1);
        writer.End();
    }

    // The tree is a copy of an image: links in it are never followed here.
    private static void AddDirectory(CpioWriter writer, SafeFileHandle directory, string path)
    {
        FileStatus own = FileSystem.GetStatus(directory);
        writer.Add(Encoding.Latin1.GetBytes(path), CpioWriter.Directory | own.Mode, own.Owner, own.Group, []);
        foreach (byte[] name in NamesIn(directory))
        {
            if (!FileSystem.TryGetStatus(directory, name, out FileStatus status))
            {
                continue;
            }

            // Names are bytes; as Latin-1 each has a text of its own.
            string below = path == "." ? Encoding.Latin1.GetString(name) : $"{path}/{Encoding.Latin1.GetString(name)}";
            byte[] full = Encoding.Latin1.GetBytes(below);
            uint mode = (uint)status.Kind | status.Mode;
            switch (status.Kind)
            {
                case FileKind.Directory:
                    using (SafeFileHandle child = FileSystem.OpenAt(directory, name, OpenAs.Directory | OpenAs.NoFollow))
                    {
                        AddDirectory(writer, child, below);
                    }

                    break;
                case FileKind.Regular:
                    using (FileStream content = new(FileSystem.OpenAt(directory, name, OpenAs.Read | OpenAs.NoFollow), FileAccess.Read, 1 << 16))
                    {
                        writer.AddFile(full, mode, status.Owner, status.Group, content);
                    }

                    break;
                case FileKind.SymbolicLink:
                    writer.Add(full, mode, status.Owner, status.Group, FileSystem.ReadLink(directory, name));
                    break;
                case FileKind.CharacterDevice or FileKind.BlockDevice or FileKind.Fifo:
                    writer.Add(full, mode, status.Owner, status.Group, [], status.Node.Major, status.Node.Minor);
                    break;
            }
        }
    }

    private static List<byte[]> NamesIn(SafeFileHandle directory)
    {
        List<byte[]> names = [];
        using DirectoryReader reader = new(directory);
        while (reader.Read())
        {
            names.Add(reader.Name.ToArray());
        }

        return names;
    }
}
