using CrunSharp.Bundles;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Copies the image's files, as a container would see them, into an empty directory: owners, modes and links too.</summary>
    public void CopyTree(StoredImage image, string target)
    {
        using IDisposable hold = Images.Hold(image);
        using LayeredRoot root = new(image.LayerDirectories);
        root.CopyTo("/", target);
    }

    /// <summary>What a container of this image would be told to be; its root is left for the caller to say.</summary>
    public static Spec MakeSpec(StoredImage image, RunOptions options) =>
        BundleSpec.Create(Defaults(image.Config), options, ReadUsers(image.LayerDirectories), BundleHost.Facts(options.Privileged));
}
