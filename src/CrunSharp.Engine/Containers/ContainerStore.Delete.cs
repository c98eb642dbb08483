using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerStore
{
    private const int NoSuchFile = 2;

    /// <summary>Takes away a container's directory and name; the caller holds its lock and has ended its processes.</summary>
    public void Delete(Container container)
    {
        string removed = $"{_containers}/{Removed}{container.Id}";
        Directory.Move(container.Directory.Path, removed);
        DropName(container.Name, container.Id.Value);
        DeleteTree(removed);
    }

    /// <summary>Takes away what is left of makings and removals that were killed.</summary>
    public void Sweep()
    {
        foreach (string path in Directory.EnumerateDirectories(_containers))
        {
            string name = Path.GetFileName(path);
            if (name[0] != '.')
            {
                // A monitor was killed while it removed it: directories are born with a record, so nobody fills this one.
                if (!Exists(name))
                {
                    DropNames(name);
                    DeleteTree(path);
                }
            }
            else if (name.StartsWith(Fresh, StringComparison.Ordinal))
            {
                if (!IsMakerAlive(name))
                {
                    DropNames(name[Fresh.Length..].Split('.')[0]);
                    DeleteTree(path);
                }
            }
            else if (name.StartsWith(Removed, StringComparison.Ordinal))
            {
                DeleteUnlessHeld(path);
            }
        }

        DropLostNames();
    }

    private void DeleteUnlessHeld(string path)
    {
        try
        {
            using FileLock? held = FileLock.TryAcquire(new ContainerDirectory(path).Lock);
            if (held is not null)
            {
                DropNames(Path.GetFileName(path)[Removed.Length..]);
                DeleteTree(path);
            }
        }
        catch (LinuxException failure) when (failure.Errno == NoSuchFile)
        {
            // It went while we looked.
        }
    }

    private void DeleteTree(string path)
    {
        // By descriptors and byte names: a container may have written names that are no text.
        using SafeFileHandle parent = FileSystem.OpenPath(_containers, OpenAs.Directory);
        FileSystem.RemoveTree(parent, Encoding.UTF8.GetBytes(Path.GetFileName(path)));
    }

    private void DropName(string name, string id)
    {
        if (NameOwner(name) == id)
        {
            File.Delete(NamePath(name));
        }
    }
}
