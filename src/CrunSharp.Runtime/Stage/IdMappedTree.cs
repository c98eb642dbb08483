using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>A mount that is copied and given its map of ids here, because the container's user namespace may do neither.</summary>
internal static class IdMappedTree
{
    public static SafeFileHandle Create(FdSlot.MountTree wanted)
    {
        SafeFileHandle? tree = null;
        try
        {
            tree = MountTree.Clone(wanted.Source, wanted.Recursive);
            using SafeFileHandle users = IdMapNamespace.Create(wanted.Ids.Uids, wanted.Ids.Gids);
            MountTree.MapIds(tree, users, wanted.IdsRecursive);
            return tree;
        }
        catch (LinuxException failure)
        {
            tree?.Dispose();
            throw new CrunException($"cannot map the ids of '{wanted.Source}'", failure.Message, failure);
        }
    }
}
