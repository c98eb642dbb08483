using CrunSharp.Images;
using CrunSharp.Oci;
using CrunSharp.Registry;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Sends the image of this name to the registry that the name says; answers its manifest.</summary>
    /// <exception cref="CrunException">The store has none of this name, or the registry refuses it.</exception>
    public async Task<Descriptor> PushAsync(Reference reference, IProgress<PushedBlob>? progress, CancellationToken cancellationToken)
    {
        StoredImage image = GetImage(reference.ToString());
        using IDisposable hold = Images.Hold(image);
        byte[] bytes = await Images.ReadBlobAsync(image.Manifest.Digest, cancellationToken);
        using RegistryClient client = OpenRegistries();
        await client.PushAsync(reference, Manifest.Parse(bytes), bytes, blob => Images.OpenBlob(blob.Digest), progress, cancellationToken);
        return image.Manifest;
    }

    /// <summary>Gives an image one more name.</summary>
    /// <exception cref="CrunException">The store has no such image, or the name has a digest, which nobody may choose.</exception>
    public void Tag(string nameOrId, Reference name)
    {
        if (name.Digest is not null)
        {
            throw new CrunException($"cannot give an image the name '{name}'", "a name to give has a tag and no digest");
        }

        Images.Tag(GetImage(nameOrId).Id, name);
    }
}
