using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerStore
{
    private const int NoSuchFile = 2;

    /// <summary>Takes away a container's directory and name; the caller holds its lock and has ended its processes.</summary>
    public void Delete(Container container)
    {
        _marks.Make(container.Id);
        string removed = $"{_containers}/{Removed}{container.Id}";
        try
        {
            Directory.Move(container.Directory.Path, removed);
        }
        catch (DirectoryNotFoundException)
        {
            // Its monitor was faster, and knew nothing of the mark that was just made.
            _marks.Remove(container.Id.Value);
            throw;
        }

        DropName(container.Name, container.Id.Value);
        DeleteTree(removed);
        _marks.Remove(container.Id.Value);
    }

    /// <summary>Where the mark of this process's run is: the last that is to be removed of it.</summary>
    public string MarkPath(ContainerId id) => _marks.PathOf(id);

    /// <summary>
    /// Takes away what is left of makings and removals that were killed, and has <paramref name="recover"/> look after containers
    /// whose run was; it answers whether nothing more is to be done for one.
    /// </summary>
    /// <remarks>The first time of a boot every container is looked at, later only those that a killed process had marked.</remarks>
    public void Recover(Func<Container, bool> recover)
    {
        if (!_marks.KnowThisBoot())
        {
            Sweep("*");
            foreach (Container container in List())
            {
                _ = recover(container);
            }

            _marks.NoteBoot();
        }

        foreach (string id in _marks.OfTheDead())
        {
            Sweep($"*{id}*");
            bool isGone = !Directory.EnumerateDirectories(_containers, $"*{id}*").Any();
            if (isGone || (TryRead(id) is { } container && recover(container)))
            {
                _marks.Remove(id);
            }
        }
    }

    private void Sweep(string pattern)
    {
        foreach (string path in Directory.EnumerateDirectories(_containers, pattern))
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
                if (!RunMarks.IsMakerAlive(name))
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
